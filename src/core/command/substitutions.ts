import { forEachChild, type SyntaxNode } from 'unbash';
import type { ExpansionHost } from './expansion-host.ts';

/** Follows every command nested in the node, wherever it stands. */
export function visitSubstitutions(node: SyntaxNode, host: ExpansionHost): void {
  if (
    node.type === 'CommandExpansion' ||
    node.type === 'ProcessSubstitution' ||
    node.type === 'ArithmeticCommandExpansion'
  ) {
    host.substitution(node.script, node.text, host.spanOf(node));
    return;
  }
  forEachChild(node, (child) => visitSubstitutions(child, host));
}
