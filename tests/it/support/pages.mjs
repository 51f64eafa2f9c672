// Looks at pages as a reader's browser does: on a phone and on a desk, light and dark, printed. Prints what is wrong.
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { HtmlValidate } from 'html-validate';

const { pages, out } = JSON.parse(readFileSync(0, 'utf8'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const validator = new HtmlValidate({
  extends: ['html-validate:recommended', 'html-validate:document', 'html-validate:a11y'],
});
const faults = [];
const folder = mkdtempSync(join(tmpdir(), 'pages-'));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM.startsWith('/') ? process.env.CHROMIUM : `/usr/bin/${process.env.CHROMIUM}`,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function open(file, name, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) faults.push(`${name}: it asks for ${request.url()}`);
  });
  page.on('console', (message) => faults.push(`${name}: the browser says: ${message.text()}`));
  await page.goto(`file://${file}`);
  return page;
}

for (const { name, html } of pages) {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, html);
  for (const message of (await validator.validateString(html)).results.flatMap((result) => result.messages)) {
    faults.push(`${name}: not valid in line ${message.line}: ${message.ruleId}: ${message.message}`);
  }
  for (const [width, height] of [[1280, 900], [800, 1000], [390, 844]]) {
    for (const colorScheme of ['light', 'dark']) {
      const at = `${name} at ${width} px, ${colorScheme}`;
      const page = await open(file, at, { viewport: { width, height }, colorScheme });
      const seen = await page.evaluate(() => ({
        width: document.documentElement.scrollWidth,
        pictures: [...document.querySelectorAll('figure')].filter((figure) => figure.checkVisibility())
          .map((figure) => [...figure.querySelectorAll('svg')].filter((svg) => svg.checkVisibility())
            .map((svg) => svg.getAttribute('class')).join()),
        outside: [...document.querySelectorAll('figure svg text')].filter((text) => {
          if (!text.checkVisibility()) return false;
          const [own, all] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
          return own.left < all.left - 1 || own.right > all.right + 1 || own.bottom > all.bottom + 1;
        }).map((text) => text.textContent),
        // Each text ends within the smallest box that it is in the middle of.
        overrun: [...document.querySelectorAll('figure svg text')].filter((text) => text.checkVisibility()).filter((text) => {
          const own = text.getBoundingClientRect();
          const [x, y] = [(own.left + own.right) / 2, (own.top + own.bottom) / 2];
          const boxes = [...text.ownerSVGElement.querySelectorAll('rect')].map((rect) => rect.getBoundingClientRect())
            .filter((box) => box.height > 18 && box.left < x && x < box.right && box.top < y && y < box.bottom)
            .sort((a, b) => a.width * a.height - b.width * b.height);
          const [box] = boxes;
          return box && (own.left < box.left || own.right > box.right || own.bottom > box.bottom - 2);
        }).map((text) => text.textContent),
        painted: getComputedStyle(document.body).backgroundColor,
      }));
      if (seen.width > width) faults.push(`${at}: it is ${seen.width} px wide`);
      if (seen.painted === 'rgba(0, 0, 0, 0)') faults.push(`${at}: its style is not in force`);
      const wanted = width < 1100 ? 'down' : 'across';
      if (seen.pictures.some((shown) => shown !== wanted)) faults.push(`${at}: it shows ${seen.pictures}`);
      if (seen.outside.length > 0) faults.push(`${at}: outside of its picture: ${seen.outside}`);
      if (seen.overrun.length > 0) faults.push(`${at}: over the edge of its box: ${seen.overrun}`);
      if (out) await page.screenshot({ path: join(out, `${name}-${width}-${colorScheme}.png`), fullPage: true });
      await page.context().close();

      // Once for each colour scheme and width.
      if ((width === 390) !== (colorScheme === 'dark')) continue;
      // The checker is a script, which the page's own policy forbids; everything is looked at, also what is folded.
      const checked = await open(file, at, { viewport: { width, height }, colorScheme, bypassCSP: true });
      await checked.evaluate(axe);
      const { violations } = await checked.evaluate(() => {
        document.querySelectorAll('details').forEach((details) => { details.open = true; });
        return axe.run(document, { resultTypes: ['violations'] });
      });
      for (const { id, nodes } of violations) faults.push(`${at}: ${id}: ${nodes[0].html}: ${nodes[0].failureSummary}`);
      await checked.context().close();
    }
  }
  const printed = await open(file, `${name} printed`, { viewport: { width: 1280, height: 900 } });
  await printed.emulateMedia({ media: 'print' });
  const hidden = await printed.evaluate(() => [...document.querySelectorAll('.claims li, figure .across')]
    .filter((part) => part.getBoundingClientRect().height === 0).length);
  if (hidden > 0) faults.push(`${name} printed: ${hidden} parts are not seen`);
  if (out) await printed.pdf({ path: join(out, `${name}.pdf`), preferCSSPageSize: true, printBackground: true });
  await printed.context().close();
}
await browser.close();
rmSync(folder, { recursive: true });
process.stdout.write(JSON.stringify(faults));
