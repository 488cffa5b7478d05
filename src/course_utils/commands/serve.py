"""Answer questions about pictures over HTTP, as OpenAI's API does."""

import os
import sys

from course_utils import serve
from course_utils.lessons import checkpoints

KEY = "COURSE_UTILS_API_KEY"  # environment variable
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run(args, argv) -> int:
    """Serve a model until Ctrl-C."""
    key = args.api_key if args.api_key is not None else os.environ.get(KEY) or None
    server = serve.Server(
        checkpoints.find(args.model),
        host=args.host,
        port=args.port,
        api_key=key,
        queue=args.queue,
        access_log=True,
        aliases=args.alias,
        origins=args.allow_origin,
    )
    if key is None and args.host not in LOOPBACK:
        print(f"anyone who reaches {args.host} may ask: set {KEY}", file=sys.stderr)
    print(f"{server.model} answers at {server.url} (Ctrl-C ends it)", flush=True)
    server.run()
    return 0
