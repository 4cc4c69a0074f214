"""The command line: the app, its commands, and how errors end it."""

from __future__ import annotations

import sys

import typer

from riskmodel.commands import (
    accounts,
    auditing,
    benchmarks,
    data,
    keeping,
    loading,
    privacy,
    registry,
    scoring,
    serving,
    training,
    working,
)
from riskmodel.errors import RiskError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Which households are about to fall (back) into poverty, why, and what would help.",
)

COMMANDS = (
    data.simulate,
    data.check,
    data.snapshot,
    loading.load,
    training.train,
    training.evaluate,
    scoring.score,
    scoring.explain,
    registry.models,
    registry.promote,
    registry.rollback,
    serving.serve,
    working.work,
    serving.demo,
    keeping.backup,
    keeping.restore,
    privacy.erase,
    privacy.retention,
    benchmarks.bench,
)
"""In the order in which ``--help`` lists them; each is named by its function."""

for command in COMMANDS:
    app.command()(command)
app.add_typer(accounts.user, name="user")
app.add_typer(accounts.client, name="client")
app.add_typer(auditing.app, name="audit")


def main() -> None:
    """Run the command line; errors are one line on stderr, exit code 1 failed or 2 bad usage or input."""
    try:
        app(standalone_mode=True)
    except RiskError as error:
        print(f"riskmodel: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        # a full disk or a folder that may not be written: say which, in one line
        print(f"riskmodel: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        sys.exit(1)
    except _database_errors() as error:
        # its own text may hold values
        print(
            f"riskmodel: the database failed ({type(error).__name__}); check RISKMODEL_STORE and what the database's log "
            "says, then run this again",
            file=sys.stderr,
        )
        sys.exit(1)


def _database_errors() -> tuple[type[Exception], ...]:
    """Return what a database raises; nothing where no command has loaded the library, which takes its time."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return (loaded.SQLAlchemyError,) if loaded else ()


if __name__ == "__main__":
    main()
