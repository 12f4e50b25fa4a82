import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of an installed Chromium: `CHROMIUM_PATH`, or where systems put it. None is downloaded. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM_PATH ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));
}

/** Wide enough for the UI to show a row of the history whole. */
export const WINDOW = { width: 1760, height: 1000 } as const;

export interface Browser {
  readonly page: Page;
  close(): Promise<void>;
}

/** A browser that knows nothing yet, and reaches one server alone: the UI asks for a news feed of its own. */
export async function openBrowser(executablePath: string, url: string): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'jobrelay-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: WINDOW,
    timezoneId: 'UTC',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const { origin } = new URL(url);
  await context.route(
    (asked) => asked.origin !== origin,
    (route) => route.abort(),
  );
  return {
    page: context.pages()[0] ?? (await context.newPage()),
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
