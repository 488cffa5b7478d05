"""The server under load: 1,000 requests from 16 clients on the loopback, none lost.

The server is a process of its own, started as a reader starts it, with scene-gpt. The clients are
threads of the real `openai` client, which ask for an answer of one word, for a place, and for a
whole description of one to five things; every tenth request streams. A request is lost if it
raises, or answers otherwise than the same request did alone. The server's memory (RSS) is read
before, after 200 requests and after all: between the last two it may grow by at most MARGIN.
"""

import argparse
import base64
import io
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import openai
from PIL import Image

from course_utils.lessons.scenes import draw, scenes

MODEL = "scene-gpt"
WARM = 200  # requests after which memory should not grow any more
MARGIN = 8  # MB
QUESTIONS = ("what is at the centre?", "where is the red star?", "describe")


def requests():
    """Return different requests: pictures with questions."""
    urls = []
    for scene in islice(scenes(0, "test"), 8):
        file = io.BytesIO()
        Image.fromarray(draw(scene).permute(1, 2, 0).numpy()).save(file, "PNG")
        urls.append(f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}")
    return [
        [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]
        for text in QUESTIONS
        for url in urls
    ]


def ask(client, content, stream):
    """Ask once; return the answer and the seconds until its last word."""
    start = time.perf_counter()
    reply = client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": content}],
        temperature=0,
        stream=stream,
    )
    if stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in reply)
    else:
        text = reply.choices[0].message.content
    return text, time.perf_counter() - start


def load(url, contents, expected, numbers, clients):
    """Share requests among clients that ask at once; return the seconds of those not lost."""

    def one(client, number):
        which = number % len(contents)
        try:
            text, seconds = ask(client, contents[which], stream=number % 10 == 0)
        except openai.OpenAIError:
            return None
        return seconds if text == expected[which] else None

    def share(mine):
        with openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=60) as client:
            return [one(client, number) for number in mine]

    with ThreadPoolExecutor(clients) as pool:
        shares = pool.map(share, (numbers[i::clients] for i in range(clients)))
        return [seconds for part in shares for seconds in part if seconds is not None]


def memory(process):
    """Return a process's RSS in MB; only Linux can tell."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return float("nan")
    line = next(x for x in status.read_text(encoding="utf8").splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def measure(process, url, total, clients):
    """Ask alone, then all at once; return seconds alone, at once, the lost, the wall, the RSS."""
    contents = requests()
    with openai.OpenAI(base_url=url, api_key="none") as client:
        alone = [ask(client, content, stream=False) for content in contents]
    expected = [text for text, _ in alone]
    rss, took = [memory(process)], []
    start = time.perf_counter()
    for numbers in (range(total)[:WARM], range(total)[WARM:]):
        took += load(url, contents, expected, numbers, clients)
        rss.append(memory(process))
    wall = time.perf_counter() - start
    return [s for _, s in alone[1:]], took, total - len(took), wall, rss


def main(argv=None):
    """Start the server, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--requests", type=int, default=1000, help="default 1000")
    parser.add_argument("--clients", type=int, default=16, help="default 16")
    args = parser.parse_args(argv)
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils", "serve", "--model", MODEL, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        url = process.stdout.readline().split()[3]
        ThreadPoolExecutor(1).submit(process.stdout.read)  # else a full pipe would stop it
        show(*measure(process, url, args.requests, args.clients), args.clients)
    finally:
        process.terminate()
        process.wait()


def show(alone, took, lost, wall, rss, clients):
    """Print the table; leave with an error if a request was lost or the memory grew."""
    print(f"{'clients':<9}{'requests':>9}{'lost':>6}{'p50 ms':>9}{'p99 ms':>9}{'a second':>10}")
    for n, seconds, gone, whole in ((1, alone, 0, sum(alone)), (clients, took, lost, wall)):
        p50, p99 = np.percentile(seconds, [50, 99]) * 1000
        count = len(seconds) + gone
        print(f"{n:<9}{count:>9}{gone:>6}{p50:>9.0f}{p99:>9.0f}{count / whole:>10.1f}")
    before, warm, end = rss
    print(f"memory: {before:.0f} MB, after {WARM} requests {warm:.0f}, after all {end:.0f}", end="")
    flat = not end - warm > MARGIN
    print(f" ({end - warm:+.1f}; {'flat' if flat else 'GROWN'}, margin {MARGIN})")
    if lost or not flat:
        raise SystemExit("FAILED: requests were lost or the memory grew")


if __name__ == "__main__":
    main()
