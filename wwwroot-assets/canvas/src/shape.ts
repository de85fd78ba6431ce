/** A check of untyped data that also gives its static type, so that what is checked and what the compiler believes cannot drift apart. */
export type Shape<T> = (value: unknown, path: string) => T;
export type Of<S> = S extends Shape<infer T> ? T : never;

function refuse(path: string, wanted: string, value: unknown): never {
  const got = value === undefined ? "nothing" : JSON.stringify(value) ?? typeof value;
  throw new Error(`${path}: wanted ${wanted}, got ${got.length > 80 ? `${got.slice(0, 80)}…` : got}`);
}

export const text: Shape<string> = (value, path) => typeof value === "string" ? value : refuse(path, "a text", value);
export const number: Shape<number> = (value, path) => typeof value === "number" && Number.isFinite(value) ? value : refuse(path, "a number", value);
export const flag: Shape<boolean> = (value, path) => typeof value === "boolean" ? value : refuse(path, "true or false", value);

export const literal = <const T extends string>(only: T): Shape<T> => (value, path) => value === only ? only : refuse(path, `"${only}"`, value);

export const oneOf = <const T extends string>(...values: T[]): Shape<T> => (value, path) =>
  values.find(v => v === value) ?? refuse(path, values.map(v => `"${v}"`).join(" or "), value);

export const nullable = <T>(shape: Shape<T>): Shape<T | null> => (value, path) => value === null ? null : shape(value, path);

export const list = <T>(shape: Shape<T>): Shape<T[]> => (value, path) =>
  Array.isArray(value) ? value.map((item, i) => shape(item, `${path}[${i}]`)) : refuse(path, "a list", value);

/** An object with these properties and no others: both sides are built together, so an unknown one is a mistake. */
export const object = <S extends Record<string, Shape<unknown>>>(shapes: S): Shape<{ [K in keyof S]: Of<S[K]> }> => (value, path) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(path, "an object", value);
  const source = value as Record<string, unknown>;
  for (const key of Object.keys(source))
    if (!Object.hasOwn(shapes, key)) refuse(`${path}.${key}`, "no such property", source[key]);
  return Object.fromEntries(Object.entries(shapes).map(([key, shape]) => [key, shape(source[key], `${path}.${key}`)])) as { [K in keyof S]: Of<S[K]> };
};

/** Objects told apart by their `type`. */
export const union = <S extends Record<string, Shape<{ type: string }>>>(byType: S): Shape<Of<S[keyof S]>> => (value, path) => {
  const type = typeof value === "object" && value !== null ? (value as { type?: unknown }).type : undefined;
  if (typeof type !== "string" || !Object.hasOwn(byType, type)) refuse(`${path}.type`, Object.keys(byType).join(", "), type);
  return byType[type as keyof S](value, path) as Of<S[keyof S]>;
};
