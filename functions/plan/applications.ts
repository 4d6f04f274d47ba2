/** Applications that Snapkeep has a profile for: what a plan's `application` may name. */
export const applicationNames: readonly string[] = ['circleci-server', 'dokku', 'gitlab', 'gitpod', 'gocd'];
