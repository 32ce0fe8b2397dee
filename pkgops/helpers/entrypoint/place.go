package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// prepare copies this program where the steps find it and lets each step's metadata be found by
// the step's name.
func prepare(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("init: want SRC DST STEP..., have %d arguments", len(args))
	}
	program, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[1], program, 0o755); err != nil {
		return err
	}
	for i, name := range args[2:] {
		link := filepath.Join("/tekton/steps", name)
		if err := os.Remove(link); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.Symlink(filepath.Join("/tekton/run", strconv.Itoa(i), "status"), link); err != nil {
			return err
		}
	}
	return nil
}

// placeScripts writes pairs of a path and a script in base64, as programs that anyone may run.
func placeScripts(args []string) error {
	if len(args)%2 != 0 {
		return fmt.Errorf("place-scripts: want pairs of FILE and BASE64, have %d arguments", len(args))
	}
	for i := 0; i < len(args); i += 2 {
		script, err := base64.StdEncoding.DecodeString(args[i+1])
		if err != nil {
			return fmt.Errorf("place-scripts: %s: %w", args[i], err)
		}
		if err := os.WriteFile(args[i], script, 0o755); err != nil {
			return err
		}
	}
	return nil
}

func makeDirs(dirs []string) error {
	for _, dir := range dirs {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}
