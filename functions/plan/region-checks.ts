import { nearest } from './nearest.ts';
import type { At, ConfigWarning, Findings, PathPart, Problem } from './problems.ts';
import { isKnownRegion, knownRegions, partitionOf } from './regions.ts';
import type { FileParts, RegionEntry } from './split.ts';

/** Regions, their vaults, and which plan is where: what no single value shows. */
export function checkRegions(parts: FileParts, at: At): Findings {
  const problems: Problem[] = [];
  const warnings: ConfigWarning[] = [];
  const [home] = parts.regions;
  const vaults = new Map<string, string>();
  for (const entry of parts.regions) {
    const { region, vault, section } = entry;
    const place = placeOf(entry);
    if (!isKnownRegion(region)) {
      const guess = nearest(region, knownRegions);
      const remedy = guess === undefined ? 'Check the spelling.' : `Did you mean ${guess}?`;
      warnings.push(at(place, `${region} is not a Region that this version knows`, remedy));
    }
    if (entry !== home && region === home.region) {
      const remedy = 'Remove it here, or give another Region at the top.';
      problems.push(at(place, `${region} is the Region at the top of the file already`, remedy));
      continue;
    }
    if (partitionOf(region) !== partitionOf(home.region)) {
      const message = `${region} is in the partition ${partitionOf(region)}, and ${home.region} in ${partitionOf(home.region)}: no account is in both`;
      problems.push(at(place, message, 'Make a file of its own for it.'));
    }
    const owner = vaults.get(vault.bucket);
    if (owner !== undefined) {
      const message = `${vault.bucket} is the vault of ${owner} already, and every Region has one of its own`;
      problems.push(at([...section, 'vault', 'bucket'], message, `Name it ${vault.bucket}-${region}.`));
    }
    vaults.set(vault.bucket, region);
    const keyRegion = vault.kmsKey?.split(':')[3];
    if (keyRegion !== undefined && keyRegion !== region) {
      const message = `found a key in ${keyRegion}, expected one in ${region}, where the vault is`;
      problems.push(at([...section, 'vault', 'kmsKey'], message, 'Use a key of that Region.'));
    }
    if (vault.lockMode === 'compliance' && vault.lockDays > 365) {
      const message = `with compliance nobody can delete a ledger entry for ${vault.lockDays} days`;
      const remedy = 'Use governance or fewer days if that is not wanted.';
      warnings.push(at([...section, 'vault', 'lockDays'], message, remedy));
    }
    if (!parts.plans.some((each) => each.region === region)) {
      const message = `no plan is in ${region}: nothing is deployed there, and no verb looks there`;
      const remedy =
        entry === home
          ? 'Give the Region and the vault of the plans at the top, or a plan of this Region.'
          : `Remove it, or give a plan region: ${region}.`;
      warnings.push(at(place, message, remedy));
    }
  }
  problems.push(...unknownRegions(parts, at));
  return { problems, warnings };
}

function unknownRegions({ regions, plans }: FileParts, at: At): readonly Problem[] {
  const known = regions.map(({ region }) => region);
  return plans
    .filter(({ region }) => !known.includes(region))
    .map(({ region, plan }) => {
      const guess = nearest(region, known);
      const message = `found ${JSON.stringify(region)}, expected ${known.length === 1 ? '' : 'one of '}${known.join(', ')}`;
      const remedy =
        guess === undefined
          ? `Add it: regions: { ${region}: { vault: { bucket: ... } } }.`
          : `Did you mean ${guess}? If not, add ${region} to regions, with a vault of its own.`;
      return at(['plans', plan.name, 'region'], message, remedy);
    });
}

/** Of an entry of `regions` its key, else the value at the top. */
const placeOf = ({ section }: RegionEntry): readonly PathPart[] =>
  section.length === 0 ? ['region'] : section;
