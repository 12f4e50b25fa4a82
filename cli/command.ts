import type { Command } from 'commander';
import type { Session } from './session.js';

/** Adds one command to the program. Its action hands over to `act`. */
export type AddCommand = (program: Command, act: Act) => void;

/** Runs a command's body with the options it was called with; the body answers with the exit code. */
export type Act = (command: Command, body: (session: Session) => Promise<number>) => Promise<void>;
