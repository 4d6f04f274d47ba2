/**
 * A request structure of a client package as a handler sees it. The packages type required members as
 * `string | undefined` for their callers' sake; the server has checked them before a handler runs.
 * Streams have been read to the end.
 */
export type Decoded<T> = {
  [K in keyof T]: K extends 'Body' | 'Payload'
    ? Uint8Array | undefined
    : object extends Pick<T, K>
      ? T[K]
      : NonNullable<T[K]>;
};
