package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// prepare copies this program where the steps find it and links each step's metadata.
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
		if err := link(strconv.Itoa(i), name); err != nil {
			return err
		}
	}
	return nil
}

// link lets a step be found by its place and by its name under /tekton/steps.
func link(place, name string) error {
	target := filepath.Join("/tekton/run", place, "status")
	for _, path := range []string{place, name} {
		full := filepath.Join("/tekton/steps", path)
		if err := os.Remove(full); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.Symlink(target, full); err != nil {
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
