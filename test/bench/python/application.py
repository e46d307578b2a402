"""An application that writes: 10-row transactions, each timed. The shape is `orders` (make_database.py) or `append` (tiny rows)."""
import random, sqlite3, time

ROWS = 10


def connect(path):
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    connection.execute('pragma synchronous=normal')
    return connection


class Writer:
    def __init__(self, path, shape):
        self.connection = connect(path)
        self.statement, self.batches = {'orders': orders, 'append': append}[shape](self.connection)
        self.seconds = []

    def commit(self):
        """One transaction, from the wish to write to the commit's return: waiting for a lock counts."""
        rows = self.batches[len(self.seconds) % len(self.batches)]
        start = time.perf_counter()
        self.connection.execute('begin immediate')
        self.connection.executemany(self.statement, rows)
        self.connection.execute('commit')
        self.seconds.append(time.perf_counter() - start)

    def report(self):
        ordered = sorted(self.seconds)
        return {
            'transactions': len(ordered),
            'longestMs': ordered[-1] * 1e3,
            'p99Ms': ordered[int(len(ordered) * 0.99)] * 1e3,
            'medianMs': ordered[len(ordered) // 2] * 1e3,
        }


def orders(_):
    r = random.Random(5)
    words = [''.join(r.choice('etaoinshrdlucmfwypvbgkjqxz') for _ in range(r.randint(2, 10))) for _ in range(5000)]
    rows = [(
        r.choice(words) + ' ' + r.choice(words), r.choice(words) + '@example.com', ' '.join(r.choices(words, k=r.randint(5, 40))), r.random() * 1000,
        '2026-%02d-%02dT%02d:%02d:%02dZ' % (r.randint(1, 12), r.randint(1, 28), r.randint(0, 23), r.randint(0, 59), r.randint(0, 59)), r.randbytes(16),
    ) for _ in range(20000)]
    batches = [rows[at:at + ROWS] for at in range(0, len(rows), ROWS)]
    return 'insert into orders(customer, email, note, amount, created, token) values(?, ?, ?, ?, ?, ?)', batches


def append(connection):
    connection.execute('create table if not exists appended(id integer primary key, a text, b blob)')
    return 'insert into appended(a, b) values(?, ?)', [[('n' * 50, b'x' * 100)] * ROWS]
