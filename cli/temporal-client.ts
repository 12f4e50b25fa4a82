/** What the commands load late, once they need Temporal: see `session.ts`. */
export { createClient } from '../client/client.js';
export { connectToTemporal } from '../client/connect.js';
export { ENCRYPTION_VARIABLE } from '../encryption/index.js';
