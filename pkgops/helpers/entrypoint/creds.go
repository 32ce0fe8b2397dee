package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/user"
	"path/filepath"
)

// placeCredentials merges the mounted registry secrets into the file that programs look for:
// under $(credentials.path), and in $HOME unless the image has one there.
func placeCredentials(secrets []string) error {
	type config struct {
		Auths map[string]json.RawMessage `json:"auths"`
	}
	merged := config{map[string]json.RawMessage{}}
	for _, secret := range secrets {
		content, err := os.ReadFile(filepath.Join("/tekton/creds-secrets", secret, ".dockerconfigjson"))
		if err != nil {
			return err
		}
		var one config
		if err := json.Unmarshal(content, &one); err != nil {
			return err
		}
		maps.Copy(merged.Auths, one.Auths)
	}
	content, err := json.Marshal(merged)
	if err != nil || len(merged.Auths) == 0 {
		return err
	}
	if err := write("/tekton/creds/.docker/config.json", content); err != nil {
		return err
	}
	target := filepath.Join(home(), ".docker/config.json")
	if _, err := os.Stat(target); err == nil {
		return nil
	}
	return write(target, content)
}

func write(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

func home() string {
	if dir := os.Getenv("HOME"); dir != "" {
		return dir
	}
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return u.HomeDir
	}
	return "/"
}
