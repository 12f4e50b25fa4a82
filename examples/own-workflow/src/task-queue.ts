/** Where the worker listens and callers start: the jobs of its workflows are awaited on `call-notes-await`. */
export const TASK_QUEUE = 'call-notes';
