"""An endpoint that tells a story word by word: an asynchronous generator, four jobs at a time."""

import asyncio

import runpod

JOBS_AT_ONCE = 4


async def handler(job):
    seconds = job["input"].get("secondsPerWord", 0.2)
    for word in job["input"]["story"].split():
        # A cancelled job ends at an await: what has to be put away goes into `finally`.
        await asyncio.sleep(seconds)
        yield word


if __name__ == "__main__":
    runpod.serverless.start(
        {
            "handler": handler,
            # The words as the job's output too, as a list.
            "return_aggregate_stream": True,
            "concurrency_modifier": lambda current: JOBS_AT_ONCE,
        }
    )
