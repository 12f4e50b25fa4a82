/** No dot and no slash: a name leads to no other folder, and is never taken for a path. */
export const PIPELINE_NAME = /^[A-Za-z0-9][\w-]{0,99}$/;

/** True for text that can name a definition. */
export function isPipelineName(text: string): boolean {
  return PIPELINE_NAME.test(text);
}
