// Renders comments as a reader of a pull request sees them, and their pictures with Mermaid. Prints what is wrong.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { marked } from 'marked';

const { comments, out } = JSON.parse(readFileSync(0, 'utf8'));
const mermaid = readFileSync(createRequire(import.meta.url).resolve('mermaid/dist/mermaid.min.js'), 'utf8');
const faults = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM.startsWith('/') ? process.env.CHROMIUM : `/usr/bin/${process.env.CHROMIUM}`,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:900px;margin:24px auto;color:#1f2328}
  table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:6px 13px}code,pre{background:#f0f1f3;font:85% monospace}
  pre{padding:16px;overflow:auto}code{padding:.2em .4em}pre code{padding:0}blockquote{border-left:4px solid #d1d9e0;margin:0;padding:0 1em;color:#59636e}`;
for (const { name, markdown } of comments) {
  const page = await browser.newPage({ viewport: { width: 960, height: 900 } });
  page.on('pageerror', (error) => faults.push(`${name}: ${error}`));
  await page.setContent(`<style>${style}</style><div id="comment">${marked.parse(markdown, { gfm: true })}</div>`);
  await page.addScriptTag({ content: mermaid });
  const seen = await page.evaluate(async () => {
    window.mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });
    const faults = [];
    const pictures = [...document.querySelectorAll('code.language-mermaid')];
    for (const [index, code] of pictures.entries()) {
      try {
        await window.mermaid.parse(code.textContent);
        const { svg } = await window.mermaid.render(`picture-${index}`, code.textContent);
        code.parentElement.outerHTML = svg;
      } catch (error) {
        faults.push(`${error}\n${code.textContent}`);
      }
    }
    // What was meant as Markdown and stayed text.
    const text = [...document.querySelectorAll('#comment > p, #comment td, #comment li, #comment blockquote')]
      .map((part) => part.innerText).filter((text) => /\*\*|^\||```|<details|<br/.test(text));
    return { faults, text, pictures: pictures.length };
  });
  for (const fault of seen.faults) faults.push(`${name}: a picture is not Mermaid: ${fault}`);
  for (const text of seen.text) faults.push(`${name}: it stays text: ${text}`);
  if (out) await page.screenshot({ path: join(out, `${name}-comment.png`), fullPage: true });
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(faults));
