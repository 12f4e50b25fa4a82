import type { FoundRef } from './collect-refs.js';
import type { ArtifactRef } from './store.js';

/** Where the usual extension is not the subtype itself. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/gzip': 'gz',
  'application/x-tar': 'tar',
  'audio/mp4': 'm4a',
  'audio/mpeg': 'mp3',
  'audio/x-m4a': 'm4a',
  'audio/x-wav': 'wav',
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'image/tiff': 'tif',
  'image/vnd.microsoft.icon': 'ico',
  'image/x-icon': 'ico',
  'model/gltf-binary': 'glb',
  'text/plain': 'txt',
  'video/mpeg': 'mpg',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
};
const MAX_STEM = 120;

/**
 * The name of the file that the artifact at `path` is written to, safe in any folder: `images.0.png`. Names of
 * different artifacts in one value differ: where characters had to go, a part of the digest stands for them. Only stored
 * JSON gets `.json`, so no provider can choose the name `output.json`.
 */
export function fileNameFor(path: FoundRef['path'], ref: ArtifactRef): string {
  const parts = path.map((part) => String(part));
  const stem = parts.map((part) => part.replace(/[^A-Za-z0-9_-]/g, '_') || '_').join('.') || 'output';
  const exact = path.length === 0 || (stem === parts.join('.') && parts.every((part) => !part.includes('.')));
  const whole = exact && stem.length <= MAX_STEM ? stem : `${stem.slice(0, MAX_STEM)}-${ref.sha256.slice(0, 12)}`;
  return `${whole}.${extensionOf(ref)}`;
}

function extensionOf({ encoding, mediaType }: ArtifactRef): string {
  if (encoding === 'json') return 'json';
  const essence = (mediaType.split(';', 1)[0] ?? '').toLowerCase();
  if (Object.hasOwn(EXTENSIONS, essence)) return EXTENSIONS[essence] ?? 'bin';
  const subtype = essence.slice(essence.indexOf('/') + 1);
  return /^[a-z0-9]{2,5}$/.test(subtype) && subtype !== 'json' ? subtype : 'bin';
}
