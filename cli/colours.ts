import pc from 'picocolors';

export type Colours = ReturnType<typeof pc.createColors>;

/**
 * Colours for a terminal, and none for a file or a pipe: said of the stream that is written to, since one of the standard
 * streams may be redirected and the other not. `NO_COLOR` turns them off.
 */
export function coloursFor(stream: { readonly isTTY?: boolean }): Colours {
  return pc.createColors(stream.isTTY === true && !process.env.NO_COLOR);
}
