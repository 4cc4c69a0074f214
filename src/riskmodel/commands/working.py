"""The command that works in the background: work."""

from __future__ import annotations

from typing import Annotated

import typer


def work(
    parent: Annotated[int | None, typer.Option(hidden=True, help="Ends with this process, which started it.")] = None,
) -> None:
    """Score households anew that an event struck, run jobs, and tell webhooks; `serve` starts one of these itself."""
    import os
    import signal
    import threading

    from riskmodel.commands.options import settings
    from riskmodel.console import now
    from riskmodel.service.logs import configure_logs
    from riskmodel.service.work.running import steps
    from riskmodel.service.work.worker import Worker

    configure_logs()
    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    with steps(settings(), now, stop.is_set) as kinds:
        worker = Worker(kinds)
        worker.start()
        while not stop.wait(1):
            if parent is not None and os.getppid() != parent:
                stop.set()
        worker.stop(seconds=10)
