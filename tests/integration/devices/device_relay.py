"""``device_relay.py HOST PORT``: standard input and output to a TCP connection, until the other side ends it."""

from __future__ import annotations

import os
import socket
import sys
import threading


def main() -> None:
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))

    def send() -> None:
        while data := os.read(0, 65536):
            connection.sendall(data)

    threading.Thread(target=send, daemon=True).start()
    try:
        while data := connection.recv(65536):
            os.write(1, data)
    except ConnectionError:
        pass  # a reset is an end too
    os._exit(0)


if __name__ == "__main__":
    main()
