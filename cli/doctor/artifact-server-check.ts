import { type Config, ConfigError } from '../../config/index.js';
import { secretOf } from '../../worker/secret-variable.js';
import { checkNamed, type Finding } from './finding.js';

const TIMEOUT_MS = 5_000;
/** Of no bytes: nobody need have stored it. */
const SOME_DIGEST = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Whether a worker of this machine serves artifacts, and takes the token that is set here. */
export async function checkArtifactServer(
  { artifactServer: config }: Pick<Config, 'artifactServer'>,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Finding[]> {
  if (config === undefined) return [];
  const { ok, warn, fail } = checkNamed('artifact-server');
  try {
    const token = secretOf('artifactServer.token', config.tokenEnv, env);
    if (config.listen === 'off') return [ok('not served by this process')];
    const { host, port } = config.listen;
    const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    const url = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
    const headers = { authorization: `Bearer ${token}` };
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await fetch(`${url}/artifacts/${SOME_DIGEST}`, { method: 'HEAD', headers, signal }).catch(
      () => undefined,
    );
    if (answer === undefined) {
      return [warn(`nobody answers at ${url}`, 'start a worker here, or ask those that serve artifacts elsewhere')];
    }
    if (answer.status === 401) {
      return [
        fail(
          `${url} takes another token`,
          `give all workers the same value of ${config.tokenEnv}, and start them anew`,
        ),
      ];
    }
    if (answer.status !== 404 && !answer.ok) {
      return [fail(`${url} answers ${answer.status}`, "see the worker's log, and what else may listen there")];
    }
    return [ok(`a worker serves artifacts at ${url}`)];
  } catch (error) {
    if (error instanceof ConfigError) return [fail(error.message)];
    throw error;
  }
}
