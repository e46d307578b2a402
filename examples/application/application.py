"""An application that keeps its data in SQLite: each GET / is one more visit. It knows nothing of its backup.

Settings: DATABASE and PORT in the environment. It ends at SIGTERM.
"""

import os
import signal
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

DATABASE = os.environ.get("DATABASE", "/data/app.db")
PORT = int(os.environ.get("PORT", "8080"))


def connect():
    # The timeout is SQLite's busy timeout: a checkpoint holds writers up for some milliseconds.
    connection = sqlite3.connect(DATABASE, timeout=5)
    connection.execute("pragma journal_mode = wal")
    connection.execute("create table if not exists visits (id integer primary key, at text default current_timestamp)")
    return connection


class Visits(BaseHTTPRequestHandler):
    database = connect()

    def do_GET(self):
        if self.path == "/":
            with self.database:
                self.database.execute("insert into visits default values")
        (count,) = self.database.execute("select count(*) from visits").fetchone()
        body = f"{count} visits\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
HTTPServer(("", PORT), Visits).serve_forever()
