import { build } from "esbuild";
import { cp, mkdir } from "node:fs/promises";

const out = process.argv[2];
await build({
  entryPoints: { "canvas": "canvas/src/index.tsx", "app": "styles/app.css" },
  outdir: out,
  bundle: true, minify: true, format: "esm", target: "es2022", jsx: "automatic", sourcemap: false,
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".woff2": "file" }, assetNames: "fonts/[name]-[hash]",
});
await mkdir(`${out}/docs`, { recursive: true });
for (const file of ["swagger-ui-bundle.js", "swagger-ui.css"])
  await cp(`node_modules/swagger-ui-dist/${file}`, `${out}/docs/${file}`);
