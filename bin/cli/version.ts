import packageJson from '../../package.json' with { type: 'json' };

/** The version of this package, as manifests and `--version` name it. */
export const snapkeepVersion: string = packageJson.version;
