import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];
const path = process.env.CHROMIUM ?? places.find((place) => existsSync(place));

/** Why tests in a browser are skipped; false when there is one. */
export const noBrowser = path === undefined ? 'there is no chromium: apt-get install chromium, or set CHROMIUM' : false;

/** A real browser. What a page complains of until it is closed fails the test. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #forgiven: RegExp[] = [];
  readonly #complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async open(): Promise<TestBrowser> {
    // Its sandbox does not work as root, as which tests in containers run.
    const browser = await chromium.launch({ executablePath: path!, args: ['--no-sandbox'] });
    return new TestBrowser(browser);
  }

  /** What pages complain of that matches is what the test is about. */
  forgive(pattern: RegExp): void {
    this.#forgiven.push(pattern);
  }

  async page(url: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1300, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints = this.#complaints;
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const others = this.#complaints.filter((text) => !this.#forgiven.some((pattern) => pattern.test(text)));
    await this.#browser.close();
    if (others.length > 0) throw new Error(`The page complained: ${others.join('; ')}`);
  }
}
