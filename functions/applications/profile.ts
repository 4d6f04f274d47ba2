import * as z from 'zod';
import { expecting } from '../shared/expectation.ts';
import { namePattern } from '../shared/names.ts';
import { sourceKinds } from '../shared/source.ts';

/**
 * `profiles/<application>/profile.yaml`: what Snapkeep knows of an application. Everything in it becomes part of SSM
 * documents when the stack is synthesized; nothing of it is read on the machine. Patterns are narrow because the
 * texts stand in shell scripts between single quotes.
 */
const text = (pattern: RegExp, expected: string, remedy?: string) => {
  const error = expecting(expected, remedy);
  return z.string({ error }).regex(pattern, { error });
};
const words = (limit: number) => {
  const error = expecting(`lower-case words joined by hyphens, at most ${limit} characters`);
  return z.string({ error }).regex(namePattern, { error }).max(limit, { error });
};
const seconds = (minimum: number, maximum: number) => {
  const error = expecting(`a whole number of seconds from ${minimum} to ${maximum}`);
  return z.int({ error }).min(minimum, { error }).max(maximum, { error });
};
const flag = () => z.boolean({ error: expecting('true or false') });
const list = <T extends z.ZodType>(item: T, expected: string) =>
  z.array(item, { error: expecting(expected) }).min(1, { error: expecting(expected) });

const noStep = String.raw`(?!.*\/\.\.?(?:\/|$))`;
const path = text(
  new RegExp(String.raw`^${noStep}(?:\/[A-Za-z0-9._@%+=:-]+)+$`),
  'an absolute path without . and ..',
);
const glob = text(
  new RegExp(
    String.raw`^${noStep}(?!\/(?:proc|sys|dev|run|var\/lib\/snapkeep)(?:\/|$))(?:\/[A-Za-z0-9._@%+=:*?\[\]!-]+)+$`,
  ),
  'an absolute path in which names may hold *, ? and [...]',
  'Paths without . and .., and none in /proc, /sys, /dev, /run and /var/lib/snapkeep.',
);
const script = text(
  /^(?!.*\.\.)[a-z0-9][a-z0-9_/-]*\.sh$/,
  'the path of a script (*.sh) in the folder of the profile',
);
const unit = text(
  /^[A-Za-z0-9][A-Za-z0-9@_.-]*\.(?:service|socket|timer|target|path)$/,
  'a unit such as replicated.service',
);
const shellKey = text(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a key such as PRIVATE_ADDRESS');

const rule = z
  .strictObject(
    {
      glob,
      /** The rule counts only where this path exists. */
      whenExists: path.optional(),
      /**
       * plain: every token of every line; shell-assignment: values of KEY=value lines; hosts: lines of this machine in
       * the form of /etc/hosts.
       */
      format: z.enum(['plain', 'shell-assignment', 'hosts'], {
        error: expecting('plain, shell-assignment or hosts'),
      }),
      /** Text after a # stays as it is. In `hosts` it always does. */
      keepComments: flag().default(false),
      /** Only these keys; every line when absent. */
      keys: list(shellKey, 'at least one key').optional(),
      /** Never these, neither as keys of lines nor as words (`-e KEY=...`) inside of values. */
      neverKeys: list(shellKey, 'at least one key').optional(),
      /** Words `-e KEY=<address>` that go when the new machine has no such address. */
      dropOptions: list(shellKey, 'at least one key').optional(),
    },
    { error: expecting('a rule such as { glob: /etc/default/app, format: shell-assignment }') },
  )
  .refine(
    (value) => value.format === 'shell-assignment' || !(value.keys ?? value.neverKeys ?? value.dropOptions),
    {
      error: expecting('keys only with format: shell-assignment'),
    },
  );

const onFailure = z.enum(['stop', 'continue'], { error: expecting('stop or continue') }).default('stop');
const stepBase = {
  name: words(40),
  title: z.string().max(200).optional(),
  /** The agent ends the step after this long, waiting included. */
  timeoutSeconds: seconds(30, 7200),
  onFailure,
};
const step = z.union(
  [
    z.strictObject({
      ...stepBase,
      run: script,
      /** Runs again and again: 0 reached, 1 not yet, anything else failed. */
      until: z.strictObject({ script, intervalSeconds: seconds(1, 600) }).optional(),
    }),
    z.strictObject({ ...stepBase, action: z.literal('remove-directory'), path }),
    z.strictObject({
      ...stepBase,
      action: z.enum(['start-units', 'stop-units', 'restart-units']),
      units: list(unit, 'at least one unit'),
    }),
  ],
  {
    error: expecting(
      'a step with run (and until), or with action: remove-directory and path, or with action: start-units, stop-units or restart-units and units',
      'Every step has name and timeoutSeconds, and may have title and onFailure.',
    ),
  },
);

const checkBase = {
  name: words(40),
  title: z.string().max(200).optional(),
  /** Asked again until it passes or this much time is over. */
  intervalSeconds: seconds(1, 600).default(10),
  timeoutSeconds: seconds(30, 7200),
  onFailure,
};
const check = z.union(
  [
    z.strictObject({
      ...checkBase,
      http: z.strictObject({
        url: text(
          /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?:\/[A-Za-z0-9._~/-]*)?$/,
          'a URL of the machine itself such as http://localhost:80/health',
        ),
        status: z
          .int({ error: expecting('an HTTP status') })
          .min(100)
          .max(599)
          .default(200),
      }),
    }),
    z.strictObject({ ...checkBase, command: script }),
  ],
  { error: expecting('a check with http: { url, status }, or with command') },
);

const remain = z.strictObject({
  text: z
    .string({ error: expecting('a sentence') })
    .min(1)
    .max(500),
  when: z
    .enum(['always', 'address-changed', 'service-name-changed'], {
      error: expecting('always, address-changed or service-name-changed'),
    })
    .default('always'),
});

const unique =
  (what: string) => (items: readonly { readonly name: string }[], context: z.core.$RefinementCtx) => {
    const seen = new Set<string>();
    for (const [index, item] of items.entries()) {
      if (seen.has(item.name)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: expecting(`another name than the ${what} before it`),
        });
      }
      seen.add(item.name);
    }
  };

export const profileSchema = z.strictObject(
  {
    version: z.literal(1, { error: expecting('1') }),
    name: words(40),
    title: z
      .string({ error: expecting('the name of the application for people') })
      .min(1)
      .max(80),
    /** Held from the first moment of a restored machine until its files are rewritten, then started in this order. */
    units: z.array(unit, { error: expecting('a list of units') }).default([]),
    files: z.array(rule, { error: expecting('a list of rules') }).default([]),
    /** Functions that the scripts of this profile share. */
    library: script.optional(),
    steps: z
      .array(step, { error: expecting('a list of steps') })
      .superRefine(unique('step'))
      .default([]),
    checks: z
      .array(check, { error: expecting('a list of checks') })
      .superRefine(unique('check'))
      .default([]),
    /** What a person has to do afterwards. */
    remains: z.array(remain, { error: expecting('a list of sentences') }).default([]),
    /** Around a snapshot: kinds of sources whose content the hooks protect. */
    quiesce: z
      .strictObject({
        covers: list(z.enum(sourceKinds, { error: expecting(sourceKinds.join(', ')) }), 'at least one kind'),
      })
      .optional(),
  },
  { error: expecting('a profile with version, name and title') },
);

export type FileRule = z.output<typeof rule>;
export type ProfileStep = z.output<typeof step>;
export type ProfileCheck = z.output<typeof check>;
export type WrittenProfile = z.output<typeof profileSchema>;

/** A profile with the text of every script that it names, by the path in its folder. */
export interface Profile extends WrittenProfile {
  readonly scripts: Readonly<Record<string, string>>;
}

/** The scripts that a profile needs, each once. */
export function scriptsOf(profile: WrittenProfile): readonly string[] {
  const paths = [
    profile.library,
    ...profile.steps.flatMap((each) => ('run' in each ? [each.run, each.until?.script] : [])),
    ...profile.checks.map((each) => ('command' in each ? each.command : undefined)),
  ];
  return [...new Set(paths.filter((each) => each !== undefined))];
}
