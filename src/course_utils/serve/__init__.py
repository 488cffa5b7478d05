"""An endpoint for a VisionGPT that speaks OpenAI's chat completions: the same client works on both.

    python -m course_utils serve --model DIR

    with serve.running(folder) as server:
        client = openai.OpenAI(base_url=server.url, api_key="none")

Reading order: `errors` (in OpenAI's shape), `schema` (what may be asked), `pictures` (a data URL
as pixels), `conversation` (what a list of messages means to this model), `engine` (one thread that
answers), `replies` (what goes back), `gate` (who comes in), `app` (the routes), `server` (start
and stop).

**What a conversation means.** The model sees one picture and reads one question, as in its
training. It looks at the *last* picture and reads what the user says last about it. Questions and
answers before that are accepted, since clients send them along, and not read: none of its questions
refers to another. Texts that follow one another by the user are joined; a question that does not
fit gets the error `context_length_exceeded`. A picture with no text, or a text that begins with
"describe", asks for a caption. Questions are read in lower case, as in its training. System and
developer messages are accepted and not read: the model follows no instructions. A request without
a picture is refused (`image_required`): an answer about nothing would only look like one.

**What is as at OpenAI.** Parameters that it knows and this server cannot honour are refused, and
so are unknown ones. `max_tokens` may be larger than what fits: the reply then ends with
`finish_reason` "length". Left out: several choices, tools, log-probabilities, the Responses API.

**What is never done.** Nothing is fetched: pictures come inside the request. No picture and no
text is logged. No CORS header is sent, so pages in a browser cannot read replies.

fastapi and uvicorn are needed only when a server starts: `pip install "course_utils[serve]"`.

Source: OpenAI, API reference, "Chat completions" (platform.openai.com/docs/api-reference/chat).
"""

from course_utils.serve.server import QUEUE, Server, running, start

__all__ = ["QUEUE", "Server", "running", "start"]
