import { bareName } from '../../model/bare-name.ts';
import type { ToolModel } from '../tool.ts';
import { wrappers } from '../wrappers.ts';
import { archives } from './archives.ts';
import { buildTools } from './build.ts';
import { cloud } from './cloud.ts';
import { containers } from './containers.ts';
import { copies } from './copies.ts';
import { coreFiles } from './core-files.ts';
import { coreText } from './core-text.ts';
import { coreUtilities } from './core-utilities.ts';
import { databases } from './databases.ts';
import { documents } from './documents.ts';
import { editors } from './editors.ts';
import { forges } from './forges.ts';
import { gitTools } from './git.ts';
import { goTools } from './go.ts';
import { jvmTools } from './jvm.ts';
import { languages } from './languages.ts';
import { network } from './network.ts';
import { nodePackages } from './node-packages.ts';
import { nodeProjectTools } from './node-tools.ts';
import { nodeTools } from './node.ts';
import { processes } from './processes.ts';
import { projectTools } from './project-tools.ts';
import { pythonPackages } from './python-packages.ts';
import { pythonProjectTools } from './python-tools.ts';
import { pythonTools } from './python.ts';
import { rustTools } from './rust.ts';
import { search } from './search.ts';
import { system } from './system.ts';
import { text } from './text.ts';
import { transfers } from './transfers.ts';

/** Where two families know a program, the later one counts. */
const families = [
  projectTools,
  languages,
  buildTools,
  jvmTools,
  goTools,
  rustTools,
  pythonPackages,
  pythonProjectTools,
  pythonTools,
  nodePackages,
  nodeProjectTools,
  nodeTools,
  containers,
  system,
  editors,
  cloud,
  databases,
  documents,
  processes,
  forges,
  transfers,
  copies,
  network,
  gitTools,
  archives,
  text,
  search,
  coreText,
  coreFiles,
  coreUtilities,
  wrappers,
];

const models = new Map<string, ToolModel>(families.flatMap((family) => [...family]));

/** The model of a program by its name, or by its name without what it was built for and its version. */
export function modelOf(name: string): ToolModel | undefined {
  const exact = models.get(name);
  if (exact !== undefined) return exact;
  const bare = bareName(name);
  return bare === null ? undefined : models.get(bare);
}
