/**
 * Who may import whom (docs/architecture.md, "Layers"). Every rule says why in its comment, which the checker prints
 * with a violation. Run by `npm run layers`; test/layers.test.ts proves that the rules can fail.
 */

/** Everything of ours; a rule below names the part of it that is allowed. */
const ours = '^(bin|lib|functions|sandbox|test)/';

/** One layer of the product: its modules import themselves and what `allowed` lists, nothing else of ours. */
const layer = (name, allowed, comment) => ({
  name: `layer-${name}`,
  comment,
  severity: 'error',
  from: { path: `^functions/${name}/` },
  to: { path: ours, pathNot: [name, ...allowed].map((folder) => `^functions/${folder}/`) },
});

const pure = ['shared', 'retention', 'rewrite'];
const domain = [...pure, 'plan', 'catalog'];

export default {
  forbidden: [
    layer(
      'shared',
      [],
      'Shared words and ports stand below everything; an import upwards would make a knot.',
    ),
    layer(
      'retention',
      ['shared'],
      'Which copies to delete is decided by pure functions over facts passed in.',
    ),
    layer('rewrite', ['shared'], 'What changed between two addresses is computed, not looked up.'),
    layer('plan', pure, 'Reading a configuration must not need a cloud.'),
    layer('cost', [...pure, 'plan'], 'What a plan costs follows from the plan and a price list alone.'),
    layer('catalog', domain, 'The ledger outlives every driver: it knows sources by kind and id only.'),
    layer('drivers', domain, 'A driver makes and finds copies; when and why is decided above it.'),
    layer('applications', domain, 'A profile describes an application to any workflow, and depends on none.'),
    layer(
      'workflows',
      [...domain, 'drivers', 'applications'],
      'A workflow must run on Lambda and on the engine alike.',
    ),
    layer('engine', ['shared'], 'The engine implements the durable port and must run any workflow.'),
    layer(
      'clients',
      domain,
      'Clients are made from configuration; what is done with them is no business of theirs.',
    ),
    layer(
      'handlers',
      [...domain, 'drivers', 'applications', 'workflows', 'engine', 'clients'],
      'Handlers put the parts together inside Lambda; the command line and the stack are other worlds.',
    ),
    {
      name: 'workflows-see-ports-only',
      comment:
        'A workflow that knows one kind of source, or the list of kinds, has to change with every new kind; ' +
        'it takes drivers through their port.',
      severity: 'error',
      from: { path: '^functions/workflows/' },
      to: { path: '^functions/drivers/', pathNot: '^functions/drivers/(driver|removal|restorer)\\.ts$' },
    },
    {
      name: 'no-cloud-above-the-ports',
      comment:
        'These layers are replayed, tested and reasoned about without a cloud, so no SDK, no socket and no ' +
        'process environment reaches them; what they need is passed in.',
      severity: 'error',
      from: { path: '^functions/(shared|retention|rewrite|plan|cost|workflows|engine)/' },
      to: {
        path: '@aws-sdk/|@aws/durable|@smithy/|@google-cloud/|^(node:)?(http|https|http2|net|tls|dgram|process)$',
      },
    },
    {
      name: 'clients-and-engine-at-the-edge',
      comment:
        'Clients and the engine are put in place by whoever starts the program: a Lambda handler or the command line. ' +
        'Everything else is given them.',
      severity: 'error',
      from: { pathNot: '^(functions/(clients|engine|handlers)/|bin/(commands|cli)/|test/)' },
      to: { path: '^functions/(clients|engine)/' },
    },
    {
      name: 'drivers-know-no-other-driver',
      comment: 'A driver is one folder that can be added or taken away by one line in the registry.',
      severity: 'error',
      from: { path: '^functions/drivers/([^/]+)/' },
      to: { path: '^functions/drivers/[^/]+/', pathNot: '^functions/drivers/$1/' },
    },
    {
      name: 'driver-port-knows-no-driver',
      comment:
        'The port is what drivers implement; only the registries (all.ts, removers.ts, restorers.ts) list them.',
      severity: 'error',
      from: {
        path: '^functions/drivers/[^/]+\\.ts$',
        pathNot: '^functions/drivers/(all|removers|restorers)\\.ts$',
      },
      to: { path: '^functions/drivers/([^/]+/|(all|removers|restorers)\\.ts$)' },
    },
    {
      name: 'sandbox-stands-alone',
      comment: 'The sandbox judges the product: sharing code with it would mean sharing its mistakes.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: ours, pathNot: '^sandbox/' },
    },
    {
      name: 'sandbox-for-demo-and-tests-only',
      comment: 'Only the verbs that start the sandbox may load it; a deployed function must never carry it.',
      severity: 'error',
      from: { pathNot: '^(sandbox/|test/|bin/commands/(demo|sandbox)\\.ts$)' },
      to: { path: '^sandbox/' },
    },
    {
      name: 'stack-names-handlers-by-path',
      comment:
        'The stack reads plans, profiles (to make their documents) and constants, and names handlers by entry ' +
        'file; importing them would run function code at synthesis.',
      severity: 'error',
      from: { path: '^lib/' },
      to: {
        path: ours,
        pathNot:
          '^(lib/|functions/(shared|retention|plan)/|functions/applications/(documents|load-profile)\\.ts$)',
      },
    },
    {
      name: 'command-line-runs-no-handler',
      comment:
        'Handlers read the environment of a function when they are loaded. What the command line shares with them to ' +
        'start and follow deployed runs (names, starts, results, answers) is in modules that do not.',
      severity: 'error',
      from: { path: '^bin/' },
      to: {
        path: '^functions/handlers/',
        pathNot:
          '^functions/handlers/(executions|execution-results|restores|rotations|restore-outlook|rotate-outlook)\\.ts$',
      },
    },
    {
      name: 'functions-know-no-shell',
      comment: 'What runs in Lambda must not depend on the command line, the stack or a test.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(bin|lib|sandbox|test)/' },
    },
    {
      name: 'product-knows-no-test',
      comment: 'Tests may import anything; nothing may import a test.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'commands-are-verbs',
      comment: 'One verb per file: what two verbs share belongs below them, not in one of them.',
      severity: 'error',
      from: { path: '^bin/commands/' },
      to: { path: '^bin/commands/' },
    },
    {
      name: 'no-cycles',
      comment:
        'Two modules that need each other are one subject in two files. ' +
        'What is imported only when it is used, as the verbs are by the demo that runs them, may refer back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'nothing-undeclared',
      comment: 'A package that package.json does not list works only by chance of installation.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'undetermined'] },
    },
    {
      name: 'nothing-unresolvable',
      comment: 'An import that leads nowhere hides whatever rule it might break.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'functions-need-no-development-package',
      comment:
        'Bundles are made from what production installs. (@smithy/types holds types alone: nothing is bundled.)',
      severity: 'error',
      from: { path: '^functions/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: 'node_modules/@smithy/types/' },
    },
  ],
  options: {
    // TypeScript 7 has no compiler interface that the checker could use; swc reads the same syntax.
    // (It does not know `using` declarations; tests, which have them, are not looked at.)
    // It counts an import of types like any other, which is what the layers mean.
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^docs/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default', 'types'],
      mainFields: ['module', 'main', 'types', 'typings'],
    },
  },
};
