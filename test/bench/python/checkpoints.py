"""checkpoints.py PATH SECONDS PAUSE: calls FULL, RESTART and TRUNCATE in turn, with a busy timeout of 5 s, beside a process
that commits and rests PAUSE seconds between two commits; prints what both took as JSON."""
import json, os, sqlite3, sys, time
from application import Writer

BETWEEN_CHECKPOINTS_SECONDS = 0.15


def write(path, seconds, pause, output):
    writer = Writer(path, 'orders')
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        writer.commit()
        if pause > 0:
            time.sleep(pause)
    with os.fdopen(output, 'w') as file:
        json.dump(writer.report(), file)


def checkpoint(path, seconds):
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    longest, refused, start = {}, 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for mode in ('FULL', 'RESTART', 'TRUNCATE'):
            time.sleep(BETWEEN_CHECKPOINTS_SECONDS)
            begin = time.perf_counter()
            busy = connection.execute(f'pragma wal_checkpoint({mode})').fetchone()[0]
            longest[mode] = max(longest.get(mode, 0), (time.perf_counter() - begin) * 1e3)
            refused += busy
    connection.close()
    return {'longestMs': longest, 'refused': refused}


path, seconds, pause = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
reading, writing = os.pipe()
child = os.fork()
if child == 0:
    os.close(reading)
    write(path, seconds, pause, writing)
    os._exit(0)
os.close(writing)
checkpoints = checkpoint(path, seconds)
with os.fdopen(reading) as file:
    commits = json.load(file)
os.waitpid(child, 0)
print(json.dumps({'checkpoints': checkpoints, 'commits': commits}))
