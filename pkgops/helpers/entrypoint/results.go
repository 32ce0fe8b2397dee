package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

// Types of entries in the termination message, as Tekton numbers them.
const (
	taskResult     = 1
	internalResult = 3
	stepResult     = 4
)

// The kubelet keeps at most this much of a termination message, in bytes.
const maxTermination = 4096

var errTooLarge = errors.New("Termination message is above max allowed size 4096, caused by large task result.")

type entry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Type  int    `json:"type"`
}

// readResults returns the results that were written to a folder; one never written is absent.
func readResults(dir string, names []string, kind int) []entry {
	var found []entry
	for _, name := range names {
		if content, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			found = append(found, entry{name, string(content), kind})
		}
	}
	return found
}

// writeMessage puts results and what is for the controller where the kubelet reads it; results
// that do not fit are left out, all of them.
func writeMessage(path string, results, internal []entry) error {
	text, err := json.Marshal(append(results, internal...))
	if err != nil {
		return err
	}
	if len(text) <= maxTermination {
		return os.WriteFile(path, text, 0o666)
	}
	if err := writeMessage(path, nil, internal); err != nil {
		return err
	}
	return errTooLarge
}
