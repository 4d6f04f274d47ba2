import { describe, expect, it } from 'vitest';
import { synthesize } from '../support/synthesized.ts';

const template = synthesize();

/** The body of the dashboard with a mark for every reference, which is what the service will parse. */
function body(): { widgets: readonly { properties: Record<string, unknown> }[] } {
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const parts: unknown[] = dashboard?.Properties.DashboardBody['Fn::Join'][1];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'reference')).join(''));
}
const text = JSON.stringify(body());

describe('the dashboard', () => {
  it('has a name that no other Region of the account uses', () => {
    template.hasResourceProperties('AWS::CloudWatch::Dashboard', {
      DashboardName: 'snapkeep-prod-eu-eu-west-1',
    });
  });

  it.each([
    'LastCompleteBackupAge',
    'RecoveryPoints',
    'FailedSources',
    'LostSources',
    'DurationSeconds',
    'BackupFailed',
    'BackupPartial',
    'RotationRemoved',
    'RotationKept',
    'RotationRefused',
    'RecoverySeconds',
    'RestoreFailed',
  ])('shows %s of every plan', (metric) => {
    for (const plan of ['ci', 'fleet']) {
      expect(text).toContain(`["Snapkeep","${metric}","deployment","prod-eu","plan","${plan}"`);
    }
  });

  it('shows the age in hours, under names of its own for every plan', () => {
    expect(text).toContain('{"label":"ci","expression":"age_ci / 3600"');
    expect(text).toContain('"id":"age_fleet"');
  });

  it('finds the last good backup in the log of the worker', () => {
    const query = body()
      .widgets.map(({ properties }) => properties.query)
      .find((each) => each !== undefined);
    expect(query).toContain("SOURCE '/aws/lambda/prod-eu-backup-worker'");
    expect(query).toContain('message = "backup sealed" and status = "completed"');
  });

  it('shows the state of every alarm', () => {
    const [{ properties } = { properties: {} }] = body().widgets;
    expect(properties.alarms).toHaveLength(
      Object.keys(template.findResources('AWS::CloudWatch::Alarm')).length,
    );
  });
});
