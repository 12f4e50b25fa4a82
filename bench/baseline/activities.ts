const headers = { authorization: 'Bearer bench', 'content-type': 'application/json' };

export async function noop(): Promise<void> {}

export async function submit(url: string, input: unknown): Promise<string> {
  const { id } = (await call(`${url}/run`, { method: 'POST', body: JSON.stringify({ input }) })) as { id: string };
  return id;
}

export async function status(url: string, id: string): Promise<{ status: string; output?: unknown }> {
  return (await call(`${url}/status/${id}`, {})) as { status: string; output?: unknown };
}

export async function untilDone(url: string, id: string): Promise<unknown> {
  for (;;) {
    const read = await status(url, id);
    if (read.status === 'COMPLETED') return read.output;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

async function call(url: string, init: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return await response.json();
}
