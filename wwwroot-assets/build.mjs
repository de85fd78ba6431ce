import { build } from "esbuild";
import { cp, mkdir, readFile, readdir, writeFile } from "node:fs/promises";

const out = process.argv[2];

/**
 * Radix ships its dark scales under `.dark`; the studio switches by an attribute that is set before the first paint. Its light ones also hold under
 * `.light`, which is what React Flow calls itself in either theme.
 */
const darkScales = {
  name: "dark-scales",
  setup(build) {
    build.onLoad({ filter: /@radix-ui[\\/]colors[\\/].*\.css$/ }, async ({ path }) =>
      ({ loader: "css", contents: (await readFile(path, "utf8")).replaceAll(".dark, .dark-theme", ':root[data-theme="dark"]').replaceAll(":root, .light, .light-theme", ":root") }));
  },
};

/** A page without scripts cannot say which theme it has: there the system's choice is the only one. */
const systemScales = {
  name: "system-scales",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => ({
      loader: "css",
      contents: (await readFile(path, "utf8")).replaceAll(".dark, .dark-theme", ':root[data-theme="dark"]').replaceAll(":root, .light, .light-theme", ":root")
        .replace(/:root\[data-theme="dark"\]([^{]*)\{([^}]*)\}/g, "@media (prefers-color-scheme: dark) { :root$1{$2} }"),
    }));
  },
};

const common = { outdir: out, bundle: true, minify: true, target: "es2022", sourcemap: false, define: { "process.env.NODE_ENV": '"production"' } };
await build({
  ...common,
  entryPoints: { canvas: "canvas/src/index.tsx", editor: "editor/src/index.ts", app: "styles/app.css", studio: "shell/studio.ts" },
  format: "esm", jsx: "automatic", plugins: [darkScales], loader: { ".woff2": "file" }, assetNames: "fonts/[name]-[hash]",
});
await build({ ...common, entryPoints: { answer: "styles/answer.css" }, plugins: [systemScales], loader: { ".woff2": "file" }, assetNames: "fonts/[name]-[hash]" });
// Classic scripts: the first must run before the first paint, the second before Blazor does.
await build({ ...common, entryPoints: { theme: "shell/theme.ts", shell: "shell/shell.ts" }, format: "iife" });

await writeFile(`${out}/icons.svg`, await sprite());
await cp("shell/favicon.svg", `${out}/favicon.svg`);
await mkdir(`${out}/docs`, { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"])
  await cp(`node_modules/swagger-ui-dist/${file}`, `${out}/docs/${file}`);
for (const file of ["init.js", "clients.js"])
  await cp(`docs/${file}`, `${out}/docs/${file}`);

/** One file with every icon the studio shows: Lucide's by their names, the components' own as `component-<file name>`. */
async function sprite() {
  const components = "../FlowStudio.Engine/Components";
  const own = (await readdir(components).catch(() => [])).filter(f => f.endsWith(".svg")).sort();
  const icons = [
    ...JSON.parse(await readFile("icons.json", "utf8")).map(name => [name, `node_modules/lucide-static/icons/${name}.svg`]),
    ...own.map(file => [`component-${file.slice(0, -4)}`, `${components}/${file}`]),
  ];
  const symbols = await Promise.all(icons.map(async ([id, path]) => {
    const svg = (await readFile(path, "utf8")).replace(/<!--[\s\S]*?-->/g, "");
    const [, attributes, shapes] = /<svg([^>]*)>([\s\S]*)<\/svg>/.exec(svg) ?? (() => { throw new Error(`${path} is not an SVG`); })();
    return `<symbol id="${id}" viewBox="${/viewBox="([^"]+)"/.exec(attributes)?.[1] ?? "0 0 24 24"}">${shapes.trim().replace(/\s*\n\s*/g, "")}</symbol>`;
  }));
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
}
