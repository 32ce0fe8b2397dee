// Command launch starts a process of an application that was built by buildpacks.
//
// It is called by a process's name (/cnb/process/web is a link to it), sets the environment that
// the layers ask for, and becomes the process; in a container it stays the first process, see stayFirst.
// What there is to start was written by the exporter.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

type process struct {
	Command []string `json:"command"`
	Args    []string `json:"args"`
	Direct  bool     `json:"direct"`
	WorkDir string   `json:"workingDirectory"`
}

type launch struct {
	Processes map[string]process `json:"processes"`
	Layers    []string           `json:"layers"`
	WorkDir   string             `json:"workingDirectory"`
}

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ERROR: failed to launch:", err)
		os.Exit(82)
	}
}

func run(name string, args []string) error {
	// The exporter sets the variable in every image, by the platform specification.
	description := filepath.Join(os.Getenv("CNB_LAYERS_DIR"), "config", "launch.json")
	text, err := os.ReadFile(description)
	if err != nil {
		return err
	}
	var app launch
	if err := json.Unmarshal(text, &app); err != nil {
		return fmt.Errorf("%s: %w", description, err)
	}
	for _, layer := range app.Layers {
		if err := applyLayer(layer); err != nil {
			return err
		}
	}
	chosen, known := app.Processes[name]
	if !known {
		if len(args) == 0 {
			return fmt.Errorf("there is no process %q and no command", name)
		}
		chosen = process{Command: args[:1], Args: args[1:]}
	} else if len(args) > 0 {
		chosen.Args = args
	}
	return become(chosen, app.WorkDir)
}

func become(chosen process, workDir string) error {
	if chosen.WorkDir != "" {
		workDir = chosen.WorkDir
	}
	if err := os.Chdir(workDir); err != nil {
		return err
	}
	argv := append(append([]string{}, chosen.Command...), chosen.Args...)
	program, err := exec.LookPath(argv[0])
	if err != nil {
		return err
	}
	if os.Getpid() == 1 {
		return stayFirst(program, argv)
	}
	return syscall.Exec(program, argv, os.Environ())
}
