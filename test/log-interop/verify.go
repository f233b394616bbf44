// Verifies an exported log with golang.org/x/mod/sumdb, which shares nothing with src/core/log.
//
//	verify LOG-DIR VKEY PROOFS-DIR
//
// PROOFS-DIR holds *.tlog-proof (C2SP tlog-proof) and *.consistency (old size, new size, one base64 hash a line).
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if len(os.Args) != 4 {
		fail("usage: verify LOG-DIR VKEY PROOFS-DIR")
	}
	dir, vkey, proofs := os.Args[1], os.Args[2], os.Args[3]
	verifier, err := note.NewVerifier(vkey)
	check(err, "verifier key")
	size, root := openCheckpoint(read(filepath.Join(dir, "checkpoint")), verifier)

	records := readRecords(dir, size)
	hashes := storedHashes(records)
	computed, err := tlog.TreeHash(size, hashes)
	check(err, "tree hash")
	if computed != root {
		fail("root: checkpoint has %v, the entries have %v", root, computed)
	}
	tiles := checkTiles(dir, size, hashes)
	included := checkInclusion(proofs, records, verifier)
	consistent := checkConsistency(proofs, size, hashes)
	fmt.Printf("%d entries, %d tiles, %d inclusion proofs, %d consistency proofs\n", size, tiles, included, consistent)
}

func openCheckpoint(message []byte, verifier note.Verifier) (int64, tlog.Hash) {
	opened, err := note.Open(message, note.VerifierList(verifier))
	check(err, "checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		fail("checkpoint: unexpected text %q", opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err, "size")
	return size, parseHash(lines[2])
}

func readRecords(dir string, size int64) [][]byte {
	var records [][]byte
	for n := int64(0); n*256 < size; n++ {
		width := min64(size-n*256, 256)
		bundle := read(filepath.Join(dir, tilePath("entries", n, int(width))))
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				fail("bundle %d ends early", n)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			records = append(records, bundle[2:end])
			bundle = bundle[end:]
		}
		if len(bundle) != 0 {
			fail("bundle %d holds more than its entries", n)
		}
	}
	return records
}

type hashList []tlog.Hash

func (l *hashList) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(*l)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		found[i] = (*l)[index]
	}
	return found, nil
}

func storedHashes(records [][]byte) *hashList {
	list := new(hashList)
	for n, record := range records {
		more, err := tlog.StoredHashes(int64(n), record, list)
		check(err, "hashes")
		*list = append(*list, more...)
	}
	return list
}

// Every tile of the tree, byte for byte.
func checkTiles(dir string, size int64, hashes tlog.HashReader) int {
	count := 0
	for level, total := 0, size; total > 0; level, total = level+1, total/256 {
		for n := int64(0); n*256 < total; n++ {
			tile := tlog.Tile{H: height, L: level, N: n, W: int(min64(total-n*256, 256))}
			want, err := tlog.ReadTileData(tile, hashes)
			check(err, tile.Path())
			if !bytes.Equal(want, read(filepath.Join(dir, tilePath(strconv.Itoa(level), n, tile.W)))) {
				fail("%s differs", tile.Path())
			}
			count++
		}
	}
	return count
}

func checkInclusion(dir string, records [][]byte, verifier note.Verifier) int {
	files, err := filepath.Glob(filepath.Join(dir, "*.tlog-proof"))
	check(err, "proofs")
	for _, file := range files {
		parts := bytes.SplitN(read(file), []byte("\n\n"), 2)
		lines := strings.Split(string(parts[0]), "\n")
		if len(parts) != 2 || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
			fail("%s: no proof", file)
		}
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
		check(err, file)
		size, root := openCheckpoint(parts[1], verifier)
		proof := tlog.RecordProof(parseHashes(lines[2:]))
		check(tlog.CheckRecord(proof, size, root, index, tlog.RecordHash(records[index])), file)
	}
	return len(files)
}

func checkConsistency(dir string, size int64, hashes tlog.HashReader) int {
	files, err := filepath.Glob(filepath.Join(dir, "*.consistency"))
	check(err, "proofs")
	for _, file := range files {
		lines := strings.Split(strings.TrimSuffix(string(read(file)), "\n"), "\n")
		from, err := strconv.ParseInt(lines[0], 10, 64)
		check(err, file)
		to, err := strconv.ParseInt(lines[1], 10, 64)
		check(err, file)
		if to != size {
			fail("%s: leads to %d", file, to)
		}
		oldRoot, err := tlog.TreeHash(from, hashes)
		check(err, file)
		newRoot, err := tlog.TreeHash(to, hashes)
		check(err, file)
		check(tlog.CheckTree(tlog.TreeProof(parseHashes(lines[2:])), to, newRoot, from, oldRoot), file)
	}
	return len(files)
}

// C2SP tlog-tiles paths are those of sumdb without the height.
func tilePath(level string, n int64, width int) string {
	path := tlog.Tile{H: height, L: 0, N: n, W: width}.Path()
	return "tile/" + level + strings.TrimPrefix(path, "tile/8/0")
}

func parseHashes(lines []string) []tlog.Hash {
	var hashes []tlog.Hash
	for _, line := range lines {
		hashes = append(hashes, parseHash(line))
	}
	return hashes
}

func parseHash(line string) tlog.Hash {
	decoded, err := base64.StdEncoding.DecodeString(line)
	check(err, line)
	var hash tlog.Hash
	if copy(hash[:], decoded) != len(hash) || len(decoded) != len(hash) {
		fail("%q is no hash", line)
	}
	return hash
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err, path)
	return data
}

func min64(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

func check(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}
