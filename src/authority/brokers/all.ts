/** The kinds of credentials that Writ can lend. */
import { aws } from './aws.ts';
import { azure } from './azure.ts';
import type { Brokers } from './broker.ts';
import { gcp } from './gcp.ts';
import { gitHttps } from './git-https.ts';
import { githubApp } from './github-app.ts';
import { inject } from './inject.ts';
import { kubernetes } from './kubernetes.ts';
import { postgres } from './postgres.ts';
import { ssh } from './ssh.ts';
import { fixed } from './static.ts';
import { vault } from './vault.ts';

export const brokers: Brokers = {
  postgres,
  'git-https': gitHttps,
  ssh,
  'github-app': githubApp,
  vault,
  kubernetes,
  aws,
  gcp,
  azure,
  inject,
  static: fixed,
};
