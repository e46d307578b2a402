"""commit.py PATH: one transaction for each line read; answers with the monotonic clock, in nanoseconds, at its end."""
import sys, time
from application import Writer

writer = Writer(sys.argv[1], 'orders')
for _ in sys.stdin:
    writer.commit()
    print(time.monotonic_ns(), flush=True)
writer.connection.close()
