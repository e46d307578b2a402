"""closed_loop.py PATH SHAPE SECONDS: one transaction right after the other; prints what they took as JSON."""
import json, sys, time
from application import Writer

path, shape, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
writer = Writer(path, shape)
start = time.perf_counter()
while time.perf_counter() - start < seconds:
    writer.commit()
elapsed = time.perf_counter() - start
writer.connection.close()
print(json.dumps({**writer.report(), 'perSecond': len(writer.seconds) / elapsed}))
