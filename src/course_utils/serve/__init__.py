"""An endpoint for a VisionGPT that speaks OpenAI's chat completions: the same client works on both.

    python -m course_utils serve --model DIR

    with serve.running(folder) as server:
        client = openai.OpenAI(base_url=server.url, api_key="none")

Reading order: `errors` (in OpenAI's shape), `body` (bytes as JSON), `neutral` (what changes
nothing), `schema` (what may be asked), `faults` (what is said of anything else), `pictures` (a data
URL as pixels), `conversation` (what a list of messages means to this model), `questions` (what it
was trained on), `engine` (one thread that answers), `replies` (what goes back), `gate` (who comes
in), `app` (the routes), `server` (start and stop).

**What a conversation means.** The model sees one picture and reads one question, as in its
training. It looks at the *last* picture and reads what the user says last about it. Questions and
answers before that are accepted, since clients send them along, and not read: none of its questions
refers to another. So a dialogue may be as long as a body may be. Texts that follow one another by
the user are joined; a question that does not fit gets the error `context_length_exceeded`, in
OpenAI's words. A picture with no text, or a text that begins with "describe", asks for a caption.
Questions are read in lower case, as in its training. System and developer messages are accepted and
not read: the model follows no instructions. A request without a picture is refused
(`image_required`): an answer about nothing would only look like one.

**What may be asked.** A model's folder may list the questions of its training (`questions.json`,
see `course_utils.serve.questions`). Then a question gets back the mark that a user left out, and
any other text gets one line in the model's place that says what may be asked. The line comes as an
answer, so that it can be read in any chat; that the model wrote none of it shows in `usage`:
`completion_tokens` is 0. Without such a list every text is answered.

**What is as at OpenAI.** A parameter that changes nothing is accepted: null, a neutral value such
as `n=1` or `response_format={"type": "text"}`, a reply sent back with all its fields. One that
OpenAI knows and this server cannot honour is refused by its name, and so is an unknown one.
`max_tokens` may be larger than what fits: the reply then ends with `finish_reason` "length". A body
may be packed (gzip, deflate) and in any Unicode. The model may have more names (`aliases`); replies
bear its own. Left out: several choices, tools, log-probabilities, the Responses API.

**What is never done.** Nothing is fetched: pictures come inside the request. No picture and no
text is logged. No CORS header is sent unless an origin is allowed, so pages in a browser cannot
read replies.

fastapi and uvicorn are needed only when a server starts: `pip install "course_utils[serve]"`.

Source: OpenAI, API reference, "Chat completions".
"""

from course_utils.serve.server import QUEUE, Server, running, start

__all__ = ["QUEUE", "Server", "running", "start"]
