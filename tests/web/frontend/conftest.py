from collections.abc import Iterator

import pytest

from tests.web.frontend.site import Site, serve


@pytest.fixture
def site() -> Iterator[Site]:
    site, server = serve()
    yield site
    server.shutdown()
    server.server_close()
