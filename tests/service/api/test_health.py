"""What whatever watches the service sees."""

from __future__ import annotations

from starlette.testclient import TestClient

from riskmodel.registry.bundle import BundleFiles


def test_alive_and_ready(client: TestClient, tiny_bundle: BundleFiles) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    found = client.get("/readyz").json()
    assert (found["status"], found["model"]["version"]) == ("ready", tiny_bundle.version)


def test_metrics_name_routes_never_households(client: TestClient) -> None:
    client.get("/v1/households/110101199003078888/score?secret=1")
    client.get("/no/such/110101199003078888")
    client.request("BREW", "/healthz")
    text = client.get("/metrics").text
    line = 'riskmodel_requests_total{method="GET",route="/v1/households/{household_id}/score",status="404"}'
    assert line in text
    assert 'riskmodel_requests_total{method="GET",route="unmatched",status="404"}' in text
    assert 'method="other"' in text and "BREW" not in text
    assert "110101199003078888" not in text and "secret" not in text
    assert "riskmodel_request_seconds_bucket" in text and "process_resident_memory_bytes" in text
