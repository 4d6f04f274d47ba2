import { invalidParameterValue } from './errors.ts';

export interface Engine {
  readonly port: number;
  readonly version: string;
  readonly licenseModel: string;
  /** Makes only clusters, only instances, or both (the engines of Multi-AZ DB clusters). */
  readonly makes: 'instances' | 'clusters' | 'both';
  /** Parameter group family of a version. */
  family(version: string): string;
}

const major = (version: string): string => version.split('.')[0] ?? version;
const majorMinor = (version: string): string => version.split('.').slice(0, 2).join('.');

interface Variants extends Pick<Engine, 'port' | 'version' | 'licenseModel'> {
  family(name: string, version: string): string;
}

/** The editions of one engine, which differ in name and family only. */
const variants = (names: readonly string[], { family, ...shared }: Variants): Record<string, Engine> =>
  Object.fromEntries(
    names.map((name): [string, Engine] => [
      name,
      { ...shared, makes: 'instances', family: (version) => family(name, version) },
    ]),
  );

/** What a person gets who asks for the engine and nothing else. Versions are ordinary ones, not a list of valid ones. */
const engines: Readonly<Record<string, Engine>> = {
  postgres: {
    port: 5432,
    version: '16.4',
    licenseModel: 'postgresql-license',
    makes: 'both',
    family: (version) => `postgres${major(version)}`,
  },
  mysql: {
    port: 3306,
    version: '8.0.39',
    licenseModel: 'general-public-license',
    makes: 'both',
    family: (version) => `mysql${majorMinor(version)}`,
  },
  mariadb: {
    port: 3306,
    version: '10.11.9',
    licenseModel: 'general-public-license',
    makes: 'instances',
    family: (version) => `mariadb${majorMinor(version)}`,
  },
  ...variants(['oracle-ee', 'oracle-ee-cdb', 'oracle-se2', 'oracle-se2-cdb'], {
    port: 1521,
    version: '19.0.0.0.ru-2024-07.rur-2024-07.r1',
    licenseModel: 'bring-your-own-license',
    family: (name, version) => `${name}-${major(version)}`,
  }),
  ...variants(['sqlserver-ee', 'sqlserver-se', 'sqlserver-ex', 'sqlserver-web'], {
    port: 1433,
    version: '15.00.4395.2.v1',
    licenseModel: 'license-included',
    family: (name, version) => `${name}-${Number.parseInt(major(version), 10)}.0`,
  }),
  ...variants(['db2-ae', 'db2-se'], {
    port: 50000,
    version: '11.5.9.0.sb00000000.r1',
    licenseModel: 'bring-your-own-license',
    family: (name, version) => `${name}-${majorMinor(version)}`,
  }),
  'aurora-postgresql': {
    port: 5432,
    version: '16.4',
    licenseModel: 'postgresql-license',
    makes: 'clusters',
    family: (version) => `aurora-postgresql${major(version)}`,
  },
  'aurora-mysql': {
    port: 3306,
    version: '8.0.mysql_aurora.3.07.1',
    licenseModel: 'general-public-license',
    makes: 'clusters',
    family: (version) => `aurora-mysql${majorMinor(version)}`,
  },
  docdb: {
    port: 27017,
    version: '5.0.0',
    licenseModel: 'na',
    makes: 'clusters',
    family: (version) => `docdb${majorMinor(version)}`,
  },
  neptune: {
    port: 8182,
    version: '1.3.2.1',
    licenseModel: 'amazon-license',
    makes: 'clusters',
    family: (version) => `neptune${majorMinor(version)}`,
  },
};

/** Throws InvalidParameterValue for an engine that the sandbox does not have. */
export function engineOf(name: string): Engine {
  const engine = Object.hasOwn(engines, name) ? engines[name] : undefined;
  if (!engine) throw invalidParameterValue(`Invalid DB engine: ${name}`);
  return engine;
}

/** Aurora keeps its storage in the cluster; Multi-AZ DB clusters of `mysql` and `postgres` in their instances. */
export const isAurora = (engine: string): boolean => engine.startsWith('aurora');

export const defaultParameterGroup = (engine: string, version: string): string =>
  `default.${engineOf(engine).family(version)}`;

export function defaultOptionGroup(engine: string, version: string): string {
  const parts = engine.startsWith('postgres') || engine === 'aurora-postgresql' ? 1 : 2;
  return `default:${engine}-${version.split('.').slice(0, parts).join('-')}`;
}
