"""Whether the unit trusts its server's certificate: baresip 1.x loads authorities and takes any certificate."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from hntt.lab.simulators.xapi.sip import SipAccount

TLS_PORT = 5061
_TIMEOUT_S = 5.0


async def distrust(account: SipAccount, ca_file: str) -> str | None:
    """Why the registrar is not to be registered with; None when its certificate is right, or is not asked for."""
    if account.transport != "tls" or not account.tls_verify:
        return None
    host, _, port = account.proxy.partition(":")
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            _, writer = await asyncio.open_connection(host, int(port or TLS_PORT), ssl=_context(ca_file))
    except ssl.SSLCertVerificationError as error:
        return f"TLS: {error.verify_message}"
    except (OSError, TimeoutError) as error:
        return f"No connection to {account.proxy}: {str(error) or 'no answer'}"
    writer.close()
    return None


def _context(ca_file: str) -> ssl.SSLContext:
    """Trust in the unit's own authorities only; without any, in nobody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca_file and Path(ca_file).is_file():
        context.load_verify_locations(ca_file)
    return context
