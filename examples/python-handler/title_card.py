"""An endpoint that draws the title card of a film: an ordinary handler, with progress."""

import time
from html import escape

import runpod

LONGEST_TITLE = 40


def handler(job):
    title = job["input"].get("title")
    if not isinstance(title, str):
        raise ValueError("input.title must be a text")
    if len(title) > LONGEST_TITLE:
        # Fails the job as well, with the rest as its output.
        return {"error": f"a title has at most {LONGEST_TITLE} letters", "letters": len(title)}

    seconds = job["input"].get("seconds", 1)
    for percent in (25, 50, 75):
        # The output of the job for as long as it runs.
        runpod.serverless.progress_update(job, {"percent": percent})
        time.sleep(seconds / 4)

    text = f'<text x="320" y="190" text-anchor="middle" font-size="28">{escape(title)}</text>'
    return {
        "title": title,
        "svg": f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="360">{text}</svg>',
    }


if __name__ == "__main__":
    runpod.serverless.start({"handler": handler})
