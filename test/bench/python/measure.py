"""measure.py REPORT COMMAND...: runs a command; writes to REPORT its exit code, wall and CPU seconds and peak memory of its whole process tree,
and the bytes that the command itself read and wrote."""
import json, os, subprocess, sys, threading, time

SAMPLE_SECONDS = 0.02
PAGE_BYTES = os.sysconf('SC_PAGE_SIZE')


def resident_bytes(pid):
    """Of a process and everything below it; 0 for what has ended."""
    try:
        with open(f'/proc/{pid}/statm') as statm:
            total = int(statm.read().split()[1]) * PAGE_BYTES
        for task in os.listdir(f'/proc/{pid}/task'):
            with open(f'/proc/{pid}/task/{task}/children') as children:
                total += sum(resident_bytes(int(child)) for child in children.read().split())
        return total
    except OSError:
        return 0


def sample(pid, ended, peak):
    while not ended.wait(SAMPLE_SECONDS):
        peak[0] = max(peak[0], resident_bytes(pid))


def transferred(pid):
    """Bytes that a process asked the kernel to read and to write, whatever was cached; it has ended and was not waited for."""
    with open(f'/proc/{pid}/io') as io:
        counts = dict(line.split(': ') for line in io.read().splitlines())
    return int(counts['rchar']), int(counts['wchar'])


report, *command = sys.argv[1:]
peak, ended = [0], threading.Event()
start = time.monotonic()
child = subprocess.Popen(command)
sampler = threading.Thread(target=sample, args=(child.pid, ended, peak))
sampler.start()
os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
wall_seconds = time.monotonic() - start
read_bytes, written_bytes = transferred(child.pid)
_, status, usage = os.wait4(child.pid, 0)
ended.set()
sampler.join()
with open(report, 'w') as file:
    json.dump({
        'code': os.waitstatus_to_exitcode(status),
        'wallSeconds': wall_seconds,
        'cpuSeconds': usage.ru_utime + usage.ru_stime,
        # What the kernel noted for the largest single process has no gaps; the samples see processes together.
        'peakBytes': max(peak[0], usage.ru_maxrss * 1024),
        'readBytes': read_bytes,
        'writtenBytes': written_bytes,
    }, file)
