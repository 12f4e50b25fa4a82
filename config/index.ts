/** `jobrelay.yaml`: read, checked, and asked. For the definitions, the activities, the worker and the command line. */

export { ApiKeyMissing, apiKeyFor } from './api-key.js';
export { ARTIFACTS_LISTEN_VARIABLE } from './artifact-server.js';
export { circuitOf } from './circuit.js';
export { checkShape, closedObject, type Problem } from './closed-object.js';
export type { Config, ProviderConfig, SettingsLayer, WebhooksConfig } from './config.js';
export { correlationOf } from './correlation.js';
export { decodeText } from './decode-text.js';
export { DEFAULTS } from './defaults.js';
export { InvalidDuration, parseDuration } from './duration.js';
export { ConfigError } from './errors.js';
export { LOSES_DIGITS, losesDigits } from './exact-number.js';
export { limitsOf } from './limits.js';
export type { ListenAddress } from './listen.js';
export { parseListenAddress } from './listen.js';
export { type LoadOptions, loadConfig } from './load.js';
export { capturePathsOf, mappingOf } from './mapping.js';
export { estimateCostUsd, resolveEndpoints, type Settings, settingsFor, UnknownEndpoint } from './resolve.js';
export { durationUpTo, settingsLayer, settingsShape } from './settings.js';
export { nearest } from './suggest.js';
export { LISTEN_VARIABLE } from './webhooks.js';
export { formatPath, type Path, parseYaml, problem, YamlError, type YamlSource } from './yaml-source.js';
