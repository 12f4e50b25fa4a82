import { ClientError } from '../errors.js';

/** Temporal knows no such schedule. */
export class ScheduleNotFound extends ClientError {
  readonly code = 'ScheduleNotFound';
  readonly scheduleId: string;

  constructor(scheduleId: string, namespace: string, options?: ErrorOptions) {
    super(
      `there is no schedule "${scheduleId}" in the namespace "${namespace}": \`jobrelay schedule list\` shows those that are`,
      options,
    );
    this.scheduleId = scheduleId;
  }
}

/** The id is taken, by a schedule that stays as it is. */
export class ScheduleExists extends ClientError {
  readonly code = 'ScheduleExists';
  readonly scheduleId: string;

  constructor(
    scheduleId: string,
    what = 'is there already: change it by `jobrelay schedule apply`',
    options?: ErrorOptions,
  ) {
    super(`the schedule "${scheduleId}" ${what}, or use another id`, options);
    this.scheduleId = scheduleId;
  }
}
