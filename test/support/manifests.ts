import type { AvailablePoint, Manifest } from '../../functions/catalog/documents.ts';

export const anAvailablePoint = (overrides: Partial<AvailablePoint> = {}): AvailablePoint => ({
  source: { kind: 'ec2', id: 'i-0123456789abcdef0', region: 'eu-west-1' },
  status: 'available',
  relaunch: { instance_type: 'm7i.large', private_ip: '10.0.1.67' },
  consistency: 'crash',
  id: 'ami-0123456789abcdef0',
  name: 'snapkeep-prod-eu-0123456789-20261120t0200-a1',
  snapshots: ['snap-0123456789abcdef0'],
  bytes: 8 * 2 ** 30,
  created_at: '2026-11-20T02:00:08Z',
  ...overrides,
});

export const aManifest = (overrides: Partial<Manifest> = {}): Manifest => ({
  metadata_version: 2,
  backup_id: '1795140000_2026_11_20_ci',
  created_at: '2026-11-20T02:00:07Z',
  plan: 'ci',
  slot: '2026-11-20T02:00:00Z',
  deployment: 'prod-eu',
  snapkeep_version: '1.0.0',
  application: null,
  status: 'completed',
  consistency: 'crash',
  errors: [],
  warnings: [],
  started_at: '2026-11-20T02:00:07Z',
  completed_at: '2026-11-20T02:06:07Z',
  recovery_points: [anAvailablePoint()],
  ...overrides,
});
