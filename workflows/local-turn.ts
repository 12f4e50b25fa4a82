/**
 * Local activities of one run, one after the other. Several at once are not replayed as they ran: results that came one by one, each
 * with what the workflow did next, come all in one activation. A worker that took over such a run found its commands in another order
 * than the history has them, and the run stood still (seen with SDK 1.24; of the same kind: sdk-typescript#1744, sdk-python#1578).
 */

/** Of this run: the SDK gives each workflow modules of its own. Absent where none is under way. */
let underWay: Promise<unknown> | undefined;

/**
 * Calls at once where nothing is under way, and else after all that came before.
 *
 * @param mayWait asked only where it would: false keeps a run of before on its way
 */
export function inTurn<T>(call: () => Promise<T>, mayWait: () => boolean): Promise<T> {
  const result = underWay !== undefined && mayWait() ? underWay.then(call) : begin(call);
  const end = result.then(ignore, ignore);
  underWay = end;
  void end.then(() => {
    if (underWay === end) underWay = undefined;
  });
  return result;
}

/** What is thrown at once is a rejection like any other. */
async function begin<T>(call: () => Promise<T>): Promise<T> {
  return await call();
}

function ignore(): void {}
