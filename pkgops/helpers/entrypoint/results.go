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

type termination []entry

// readResults returns the results that the step has written; one never written is absent.
func (s *step) readResults() termination {
	found := readDir("/tekton/results", s.results, taskResult)
	return append(found, readDir(filepath.Join(s.metadataDir, "results"), s.stepResults, stepResult)...)
}

func readDir(dir string, names []string, kind int) termination {
	var found termination
	for _, name := range names {
		if content, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			found = append(found, entry{name, string(content), kind})
		}
	}
	return found
}

// write puts the message where the kubelet reads it; results that do not fit are left out whole.
func (t termination) write(path string) error {
	text, err := json.Marshal(t)
	if err != nil {
		return err
	}
	if len(text) <= maxTermination {
		return os.WriteFile(path, text, 0o666)
	}
	if err := t.internal().write(path); err != nil {
		return err
	}
	return errTooLarge
}

func (t termination) internal() termination {
	kept := termination{}
	for _, e := range t {
		if e.Type == internalResult {
			kept = append(kept, e)
		}
	}
	return kept
}
