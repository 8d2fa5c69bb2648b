"""Whatever is wrong: one line that says what was expected, what was found and the way out; nothing is harmed."""

import json
import os
import pickle
import resource
import shutil
import struct
import subprocess
import sysconfig
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from gaitprint.components import find_component
from gaitprint.interop.weight_keys import toolkit_plan
from gaitprint.store import Store, StorePlan, StoreWriter
from gaitprint.types import SequenceRecord

FOLDER = "--dataset folder"
BODY = np.zeros((6, 64, 64), np.uint8)
BODY[:, 4:60, 24:40] = 255

# What is typed, split at blanks and then filled in, and the decisive words of the answer.
COMMANDS = {
    "no such command": ("prepair a b", ["No such command 'prepair'", "--help"]),
    "no such option": ("data doctor {store} --sice 3", ["No such option", "gaitprint data doctor --help"]),
    "argument missing": ("data prepare synthetic", ["Missing argument 'STORE'"]),
    "argument too many": ("data list casia-b", ["unexpected extra argument", "casia-b"]),
    "option without value": ("eval identify {gl} --pipeline", ["--pipeline", "requires an argument"]),
}
PREPARE = {
    "packed otherwise": ("data prepare {bad}/x.rar {out}", ["found a file", "unpack it", ".rar is not read"]),
    "source on the web": ("data prepare https://a.b/c.zip {out}", ["found nothing", "nothing is downloaded"]),
    "walkers too many": ("data prepare synthetic {out} --set subjects=99999999", ["at most 10,000,000 sequences"]),
    "walk too long": ("data prepare synthetic {out} --set frames=99999999", ["at most 10,000", "99,999,999"]),
    "source missing": (
        "data prepare {bad}/none {out}",
        ["a folder or a .zip or .tar", "found nothing", "check the path"],
    ),
    "source missing, named": (
        "data prepare {bad}/none {out} --dataset casia-b",
        ["expected a folder", "found nothing"],
    ),
    "source is a file": ("data prepare {bad}/text {out} --dataset casia-b", ["expected a folder", "found a file"]),
    "source of no text": ("data prepare {odd} {out}", ["expected a folder", "found nothing"]),
    "archive of text": ("data prepare {bad}/text.zip {out}", ["text.zip", "no sound zip archive", "pack it anew"]),
    "archive missing": ("data prepare {bad}/none.tar.gz {out}", ["expected a folder", "none.tar.gz", "found nothing"]),
    "archive of no layout": ("data prepare {bad}/deep.zip {out}", ["no published layout fits", "deep.zip", "pattern"]),
    "manifest missing": ("data prepare {bad}/none.csv {out}", ["none.csv with a row for each", "found none"]),
    "manifest of another": (
        "data prepare {bad}/list.csv {out} --dataset hid",
        ["a manifest, not", "'hid'", "--dataset"],
    ),
    "manifest climbs out": ("data prepare {bad}/list.csv {out}", ["row 2", "below the manifest's folder", "'../x'"]),
    "manifest's column": ("data prepare {bad}/list.csv {out} --set path=paht", ["no column 'paht'", "mean 'path'"]),
    "manifest cut": ("data prepare {bad}/cut.parquet {out}", ["cannot be read as Parquet", "save it as such"]),
    "form unknown": ("data prepare synthetic {out} --form zip", ["'zip'", "compact", "raw", "bits"]),
    "store under another name": ("data prepare {store} {out} --dataset synthetic --set seed=1", ["--dataset", "leave"]),
    "store of another size": ("data prepare {store} {out} --size 128", ["64 pixels high", "found size 128"]),
    "store unfinished as source": ("data prepare {bad}/begun {out}", ["unfinished", "gaitprint data prepare"]),
    "source empty": (f"data prepare {{bad}}/empty {{out}} {FOLDER}", ["found no sequence", "check the path"]),
    "source of no layout": ("data prepare {bad}/trees/deep {out}", ["no published layout fits", "'folder'", "pattern"]),
    "data set unknown": ("data prepare {bad}/trees/good {out} --dataset casia_bb", ["did you mean 'casia-b'"]),
    "data set elsewhere": ("data prepare {bad}/trees/good {out} --dataset my.layout", ["not importable", "installed"]),
    "setting without data set": ("data prepare {bad}/trees/good {out} --set a=1", ["need a named data set", "a"]),
    "setting misspelt": ("data prepare synthetic {out} --set subject=3", ["no setting 'subject'", "mean 'subjects'"]),
    "setting of wrong type": ("data prepare synthetic {out} --set subjects=many", ["type int", "'many'"]),
    "setting out of range": ("data prepare synthetic {out} --set subjects=0", ["at least 1", "found 0"]),
    "setting without value": ("data prepare synthetic {out} --set subjects", ["table.key=value", "'subjects'"]),
    "view that is none": ("data prepare synthetic {out} --set views=['90']", ["three digits", "'90'"]),
    "pattern without field": (f"data prepare {{bad}}/trees/good {{out}} {FOLDER} --set pattern=a/b", ["needs a field"]),
    "pattern climbs out": (f"data prepare {{bad}}/trees/good {{out}} {FOLDER} --set pattern=../{{subject}}", ["'..'"]),
    "data partition missing": (
        "data prepare {bad}/trees/good {out} --dataset opengait --set partition={bad}/none.json --set partitions=1",
        ["did you mean 'partition'"],
    ),
    "size no number": ("data prepare synthetic {out} --size ten", ["'ten' is not a valid integer"]),
    "size odd": ("data prepare {bad}/trees/good {out} --size 65", ["even, at least 16", "65"]),
    "size of walkers": ("data prepare synthetic {out} --size 128", ["64 pixels high", "128"]),
    "workers negative": ("data prepare synthetic {out} --workers -1", ["--workers", "-1"]),
    "edge rule unknown": ("data prepare synthetic {out} --edge-rule none", ["'none'", "opengait", "gaitset"]),
    "subjects backwards": ("data prepare synthetic {out} --subjects 003-001", ["001-060,062", "'003-001'"]),
    "subjects empty": ("data prepare synthetic {out} --subjects 001,,003", ["001-060,062", "'001,,003'"]),
    "subjects too many": ("data prepare synthetic {out} --subjects 0-99999999", ["over a million"]),
    "subject unknown": (
        f"data prepare {{bad}}/trees/good {{out}} {FOLDER} --subjects b",
        ["subject 'b'", "known: a"],
    ),
    "walker unknown": ("data prepare synthetic {out} --set subjects=3 --subjects 002,9", ["'9'", "001 to 003"]),
    "tree too deep": (f"data prepare {{bad}}/trees/deep {{out}} {FOLDER}", ["found the folder 'more'", "too deep"]),
    "tree too shallow": (
        f"data prepare {{bad}}/trees/shallow {{out}} {FOLDER}",
        ["found the file 'x.png'", "too shallow"],
    ),
    "name misfits": ("data prepare {bad}/trees/good {out} --dataset casia-b", ["subject folders like '001'", "'a'"]),
    "name unprintable": (f"data prepare {{bad}}/odd-name {{out}} {FOLDER}", ["unprintable", r"\n", "rename"]),
    "link out of the tree": (f"data prepare {{bad}}/link-out {{out}} {FOLDER}", ["link out of", "copy the data"]),
    "store of others": (
        "data prepare synthetic {store}",
        ["prepared from another source", "other settings", "another"],
    ),
    "store of another form": (
        "data prepare synthetic {store} --form raw",
        ["(64, 64), compact, not", "raw", "another"],
    ),
    "store of another data set": (
        f"data prepare {{bad}}/trees/good {{store}} {FOLDER}",
        ["prepared as synthetic", "not folder", "another folder"],
    ),
    "store's folder not empty": ("data prepare synthetic {bad}/full", ["holds other files (letter.txt", "new folder"]),
    "store is a file": ("data prepare synthetic {bad}/text", ["a file is there", "choose another place"]),
    "store below a file": ("data prepare synthetic {bad}/text/store", ["cannot write", "Not a directory"]),
    "store begun otherwise": ("data prepare synthetic {bad}/begun --set seed=7", ["other settings", "another folder"]),
    "store begun as other": (
        f"data prepare {{bad}}/trees/good {{bad}}/begun {FOLDER}",
        ["as synthetic", "not folder"],
    ),
}
LEAVES = {
    "float32": ["float32 from 0 to 300"],
    "uint16": ["uint16 from 0 to 1020"],
    "four axes": ["[T, H, W]", "[6, 2, 64, 64]"],
    "no frame": ["at least one frame", "[0, 64, 64]"],
    "labels": ["labels of several things", "0, 1, 2"],
    "photographs": ["look like photographs", "cut the person out"],
    "black": ["black", "no silhouette"],
    "truncated array": ["truncated.npy"],
    "objects": ["objects.npy"],
    "two arrays": ["exactly one array", "left, right"],
    "hostile pickle": ["posix.system", "numpy.save"],
    "hostile array": ["hostile.npy"],
    "picture of text": ["words.png", "whole PNG, JPEG, BMP or TIFF"],
    "empty picture": ["empty.png", "whole PNG, JPEG, BMP or TIFF"],
    "cut picture": ["cut.png", "whole PNG, JPEG, BMP or TIFF"],
    "bomb": ["bomb.png", "100000 x 100000 pixels"],
    "bitmap": ["old.bmp", "truncated"],
    "no picture at all": ["should hold the images", "found nothing"],
}
DOCTOR = {
    "setting of a store": ("data doctor {store} --set pattern=a", ["is a store, which knows its layout", "pattern"]),
    "packed otherwise": ("data doctor {bad}/x.rar", ["found a file", "unpack it", ".rar is not read"]),
    "nothing there": ("data doctor {bad}/none", ["expected the folder", "check the path"]),
    "a file": ("data doctor {bad}/text", ["expected the folder", "found a file"]),
    "no text": ("data doctor {odd}", ["expected the folder", "found nothing"]),
    "size odd": ("data doctor {bad}/trees/good --size 63", ["even, at least 16", "found 63"]),
    "size no number": ("data doctor {bad}/trees/good --size big", ["'big' is not a valid integer"]),
    "workers negative": ("data doctor {bad}/trees/good --workers -2", ["--workers", "-2"]),
    "fixing an archive": (
        "data doctor {bad}/dark.zip --fix",
        ["archive and is not changed", "`data prepare` leaves out"],
    ),
    "page of other ending": ("data doctor {store} --report {bad}/text", ["ends in .html"]),
    "page below a file": ("data doctor {store} --report {bad}/text/page.html", ["cannot write", "Not a directory"]),
    "store unfinished": ("data doctor {bad}/begun", ["unfinished", "run `gaitprint data prepare` again"]),
    "head truncated": ("data doctor {bad}/stores/truncated", ["cannot be read", "store.json"]),
    "head of another": (
        "data doctor {bad}/stores/foreign",
        ["no gaitprint-store of version 2", "prepare the store again"],
    ),
    "head damaged": ("data doctor {bad}/stores/damaged", ["damaged", "'size'", "prepare the store again"]),
    "index cut": ("data doctor {bad}/stores/cut", ["index-1.arrow", "damaged", "prepare the store again"]),
    "index missing": ("data doctor {bad}/stores/lost", ["index-1.arrow", "missing", "prepare the store again"]),
    "frames missing": ("data doctor {bad}/stores/short", ["should hold", "bytes", "prepare the store again"]),
}
EXPORT = {
    "store missing": ("data export {bad}/none {out}", ["no store at", "gaitprint data prepare"]),
    "store unfinished": ("data export {bad}/begun {out}", ["unfinished", "prepare"]),
    "split unknown": ("data export {store} {out} --split 74", ["no split '74'", "half"]),
    "folder not empty": ("data export {store} {bad}/full", ["not empty", "choose a new folder"]),
    "folder a file": ("data export {store} {bad}/text", ["cannot write", "choose another place"]),
    "another export there": (
        "data export {bad}/stores/small {bad}/exported",
        ["export of another store", "new folder"],
    ),
    "place missing": ("data export {store}", ["Missing argument 'OUT'"]),
}
TRAIN = {
    "store is raw data": ("model train {bad}/trees/good {out}", ["it holds other files", "prepare", "good STORE"]),
    "rate without end": ("model train {store} {out} --set training.learning_rate=1e300", ["at most 1e6", "1e+300"]),
    "recipe a pipe": ("model train {store} {out} --recipe {bad}/pipe.toml", ["no regular file"]),
    "store missing": ("model train {bad}/none {out}", ["no store at", "gaitprint data prepare"]),
    "store is a file": ("model train {bad}/text {out}", ["no store at", "a file, give the folder", "prepare"]),
    "store unfinished": ("model train {bad}/begun {out}", ["unfinished", "prepare"]),
    "store of version 1": ("model train {bad}/stores/old {out}", ["version 1", "prepare it again"]),
    "frames missing": ("model train {bad}/stores/short {out}", ["should hold", "prepare the store again"]),
    "recipe misspelt": (
        "model train {store} {out} --recipe gaitgl-smal",
        ["'gaitgl-smal'", "mean 'gaitgl-small'", ".toml"],
    ),
    "recipe missing": ("model train {store} {out} --recipe {bad}/none.toml", ["no settings file", "check the path"]),
    "recipe a folder": ("model train {store} {out} --recipe {bad}/folder.toml", ["folder.toml", "cannot be read"]),
    "recipe no TOML": ("model train {store} {out} --recipe {bad}/broken.toml", ["cannot be read as TOML"]),
    "network unknown": (
        "model train {store} {out} --set network.name=gaitgll",
        ["no network is called 'gaitgll'", "did you mean"],
    ),
    "network setting": ("model train {store} {out} --set network.settings.strip=3", ["'strip'", "mean 'strips'"]),
    "loss unknown": (
        "model train {store} {out} --recipe {bad}/loss.toml",
        ["no loss is called 'triplet'", "part-triplet"],
    ),
    "loss without logits": (
        "model train {store} {out} --set network.settings.head=plain",
        ["part-softmax", "logits"],
    ),
    "setting misspelt": ("model train {store} {out} --set training.iteration=3", ["'iteration'", "mean 'iterations'"]),
    "setting of wrong type": ("model train {store} {out} --set training.iterations=1.5", ["type int", "1.5"]),
    "setting out of range": ("model train {store} {out} --set training.iterations=-4", ["at least 1", "-4"]),
    "setting a table": ("model train {store} {out} --set training=3", ["table of settings", "3"]),
    "channels too few": (
        "model train {store} {out} --set network.settings.channels=[2,3]",
        ["3 channel widths", "(2, 3)"],
    ),
    "frames of other size": ("model train {store} {out} --set preprocessing.size=128", ["128 x 128", "found 64 x 64"]),
    "height of other size": ("model train {store} {out} --set network.settings.height=64", ["64", "32"]),
    "more subjects than there are": ("model train {store} {out} --set training.subjects=9", ["9", "8"]),
    "split unknown": ("model train {store} {out} --split 74", ["no split '74'", "half"]),
    "subject unknown": ("model train {store} {out} --subjects 001-003,077", ["'077'", "16 subjects, 001 to 016"]),
    "device unknown": ("model train {store} {out} --device gpu", ["no device is called 'gpu'", "cpu"]),
    "device of others": ("model train {store} {out} --device meta", ["'meta' is not supported", "cpu"]),
    "threads none": ("model train {store} {out} --threads 0", ["--threads", "x>=1"]),
    "seed negative": ("model train {store} {out} --seed -1", ["--seed", "x>=0"]),
    "workers negative": ("model train {store} {out} --workers -1", ["--workers", "x>=0"]),
    "quality unknown": ("model train {store} {out} --quality hole<0.1", ["'hole'", "did you mean 'holes'"]),
    "quality no filter": ("model train {store} {out} --quality holes=0.1", ["'height>=60'", "'holes=0.1'", "holes"]),
    "quality too high": ("model train {store} {out} --quality frames>=9", ["no sequence", "'frames>=9'", "doctor"]),
    "quality not measured": (
        "model train {bad}/stores/small {out} --quality holes<1",
        ["no measurements", "prepare it"],
    ),
    "start missing": ("model train {store} {out} --init {bad}/none", ["no model file", "check the path"]),
    "start of other network": (
        "model train {store} {out} --init {gm_model}",
        ["no start for this network", "is missing"],
    ),
    "start truncated": ("model train {store} {out} --init {bad}/models/truncated", ["no sound safetensors", "again"]),
    "start a folder": ("model train {store} {out} --init {run}", ["is a folder: give a file", "model.safetensors"]),
    "folder not empty": ("model train {store} {bad}/full", ["not empty", "choose a new folder"]),
    "folder a file": ("model train {store} {bad}/text", ["cannot write", "choose another place"]),
    "another run there": (
        "model train {store} {run} --seed 5",
        ["another recipe, data set, seed or start", "new folder"],
    ),
}
EMBED = {
    "model a checkpoint": (
        "model embed {store} --model {bad}/models/checkpoint --out {out}",
        ["no readable card", "give the run's model.safetensors"],
    ),
    "no weights of that name": ("model embed {store} --model defaults --out {out}", ["no model file at defaults"]),
    "no place": ("model embed {store} --model {gl_model}", ["Missing option '--out'"]),
    "store missing": ("model embed {bad}/none --model {gl_model} --out {out}", ["no store at"]),
    "store of other size": (
        "model embed {bad}/stores/small --model {gl_model} --out {out} --part all",
        ["found 32 x 32"],
    ),
    "model missing": ("model embed {store} --model {bad}/none --out {out}", ["no model file", "gaitprint model train"]),
    "model of no text": ("model embed {store} --model {odd} --out {out}", ["no model file", "check the path"]),
    "model a folder": (
        "model embed {store} --model {run} --out {out}",
        ["is a folder: give a file", "model.safetensors"],
    ),
    "model text": ("model embed {store} --model {bad}/text --out {out}", ["no sound safetensors file", "again"]),
    "model truncated": (
        "model embed {store} --model {bad}/models/truncated --out {out}",
        ["no sound safetensors file"],
    ),
    "model changed": (
        "model embed {store} --model {bad}/models/flipped --out {out}",
        ["damaged or was changed", "again"],
    ),
    "model's card changed": (
        "model embed {store} --model {bad}/models/card --out {out}",
        ["damaged or was changed", "card"],
    ),
    "model of later version": (
        "model embed {store} --model {bad}/models/later --out {out}",
        ["version 9", "update"],
    ),
    "model without preprocessing": ("model embed {store} --model {bad}/models/bare --out {out}", ["preprocessing"]),
    "model of no one": ("model embed {store} --model {bad}/models/foreign --out {out}", ["no card", "convert"]),
    "embeddings for a model": ("model embed {store} --model {gl} --out {out}", ["no card", "no model file"]),
    "part unknown": (
        "model embed {store} --model {gl_model} --out {out} --part probe",
        ["'probe'", "test", "train", "all"],
    ),
    "fusion unknown": ("model embed {store} --model {gl_model} --out {out} --fusion sum", ["'sum'", "raw", "unit"]),
    "split unknown": ("model embed {store} --model {gl_model} --out {out} --split 74", ["no split '74'", "half"]),
    "subject unknown": (
        "model embed {store} --model {gl_model} --out {out} --subjects 99",
        ["'99' is not in the store", "known: 001"],
    ),
    "quality unknown": (
        "model embed {store} --model {gl_model} --out {out} --quality good>1",
        ["'good'", "measurement"],
    ),
    "quality too high": (
        "model embed {store} --model {gl_model} --out {out} --quality frames>8",
        ["no sequence", "'frames>8'", "doctor"],
    ),
    "device unknown": ("model embed {store} --model {gl_model} --out {out} --device tpu0", ["'tpu0'", "cpu"]),
    "over the model": (
        "model embed {store} --model {gl_model} --out {gl_model}",
        ["holds no embeddings", "another name"],
    ),
    "over a folder": ("model embed {store} --model {gl_model} --out {store}", ["cannot write", "a folder is there"]),
    "over a device": ("model embed {store} --model {gl_model} --out /dev/full", ["cannot write", "no regular file"]),
    "below a file": ("model embed {store} --model {gl_model} --out {bad}/text/e", ["cannot write", "Not a directory"]),
}
EVALUATE = {
    "store without a page": ("eval identify {gl} --store {store}", ["--store is shown on a page", "--report"]),
    "missing": ("eval identify {world}/gaitgll.safetensors", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "missing with its folder": ("eval identify {bad}/none/e.safetensors", ["no embeddings", "does not exist"]),
    "missing, and none there": ("eval identify {bad}/vectors/none", ["no embeddings at", "make some"]),
    "a folder": ("eval identify {store}", ["this is a folder", "`model embed`"]),
    "text": ("eval identify {bad}/text", ["no embeddings file", "`model embed`"]),
    "a model": ("eval identify {gl_model}", ["holds no embeddings", "`model embed`"]),
    "truncated": (
        "eval identify {bad}/vectors/truncated",
        ["no embeddings file, or is damaged", "run `model embed` again"],
    ),
    "vectors changed": ("eval identify {bad}/vectors/flipped", ["vectors", "damaged", "run `model embed` again"]),
    "records changed": ("eval identify {bad}/vectors/renamed", ["records", "damaged", "run `model embed` again"]),
    "protocol misspelt": ("eval identify {gl} --protocol casia-bb", ["'casia-bb'", "mean 'casia-b'", ".toml"]),
    "protocol missing": ("eval identify {gl} --protocol {bad}/none.toml", ["no settings file", "check the path"]),
    "protocol no TOML": ("eval identify {gl} --protocol {bad}/broken.toml", ["cannot be read as TOML"]),
    "protocol key unknown": ("eval identify {gl} --protocol {bad}/protocols/key.toml", ["'probe'", "mean 'probes'"]),
    "protocol selects nothing": (
        "eval identify {gl} --protocol {bad}/protocols/nothing.toml",
        ["probe selection X", "is empty", "condition zz-*", "nm-01"],
    ),
    "protocol of other data": ("eval identify {gl} --protocol oumvlp", ["is empty", "nm-01"]),
    "memory no size": ("eval identify {gl} --memory lots", ["--memory is a size such as 512MiB or 16GB", "'lots'"]),
    "memory too small": ("eval identify {gl} --memory 1MB", ["needs 64 MiB at least", "0.954 MiB"]),
    "scorer misspelt": (
        "eval identify {gl} --pipeline euclid",
        ["or scorer is called 'euclid'", "mean 'euclidean'"],
    ),
    "transform misspelt": (
        "eval identify {gl} --pipeline unitlength,euclidean",
        ["no transform", "mean 'unit-length'"],
    ),
    "step not there": ("eval identify {gl} --set cluster-expansion.k=3", ["the pipeline has the steps scorer"]),
    "step is no table": ("eval identify {gl} --set scorer=3", ["step.key=value", "scorer=3"]),
    "step setting misspelt": (
        "eval identify {gl} --pipeline k-reciprocal --set k-reciprocal.k=6",
        ["no setting 'k'", "did you"],
    ),
    "step setting of wrong type": (
        "eval identify {gl} --pipeline k-reciprocal --set k-reciprocal.k1=six",
        ["type int", "'six'"],
    ),
    "step setting out of range": (
        "eval identify {gl} --pipeline k-reciprocal --set k-reciprocal.k1=0",
        ["at least 1", "found 0"],
    ),
    "pipeline and scorer": (
        "eval identify {gl} --pipeline part-mean,unit-length",
        ["part-mean is a scorer", "stands last"],
    ),
    "pipeline missing": ("eval identify {gl} --pipeline {bad}/none.toml", ["no settings file"]),
    "pipeline key": ("eval identify {gl} --pipeline {bad}/steps.toml", ["no setting 'scorers'", "mean 'scorer'"]),
    "subject unknown": ("eval identify {gl} --subjects 001", ["no sequence has the subject '001'"]),
    "view unknown": ("eval identify {gl} --views 000,09", ["no sequence has the view '09'", "known: 000, 090"]),
    "condition empty": ("eval identify {gl} --conditions nm-01,,", ["separated by commas", "'nm-01,,'"]),
    "page of other ending": ("eval identify {gl} --report {gl}", ["ends in .html"]),
    "page over a folder": ("eval identify {gl} --report {bad}/folder.html", ["cannot write", "a folder is there"]),
    "page below a file": ("eval identify {gl} --report {bad}/text/page.html", ["cannot write", "Not a directory"]),
    "page where nobody may": ("eval identify {gl} --report /proc/none/page.html", ["cannot write", "another place"]),
    "store missing": ("eval identify {gl} --report {out}.html --store {bad}/none", ["no store at"]),
    "store of others": (
        "eval identify {gl} --report {out}.html --store {bad}/stores/small",
        ["has no sequence"],
    ),
    "seed negative": ("eval identify {gl} --seed -3", ["--seed", "x>=0"]),
}
COMPARE = {
    "nothing to compare": ("eval compare {gl}", ["nothing to compare", "second file", "--after-pipeline"]),
    "the same steps": ("eval compare {gl} --pipeline part-mean --after-pipeline part-mean", ["nothing to compare"]),
    "missing": ("eval compare {world}/gaitgll.safetensors {gl}", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "other missing": ("eval compare {gl} {bad}/vectors/none", ["no embeddings at", "make some"]),
    "figure unknown": ("eval compare {gl} {gl} --figure EER", ["no figure 'EER'", "rank-K takes any K"]),
    "figure not asked for": ("eval compare {gl} {gl} --figure mAP", ["no figure 'mAP'", "`metrics`"]),
    "pipeline and scorer": (
        "eval compare {gl} --after-pipeline {bad}/broken.toml --after-set scorer.k1=6",
        ["broken.toml", "cannot be read as TOML"],
    ),
    "step not there": ("eval compare {gl} --after-set scorer.k1=6", ["no setting 'k1'"]),
}
VERIFY = {
    "method beside a calibration": (
        "eval verify {gl} --use c.json --method isotonic",
        ["--method", "leave it or --use"],
    ),
    "folds beside a calibration": ("eval verify {gl} --use c.json --folds 5", ["--folds", "leave it or --use out"]),
    "missing": ("eval verify {world}/gaitgll.safetensors", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "rate no number": ("eval verify {gl} --fmr one", ["0.01,0.001 or 1%,0.1%", "'one'"]),
    "rate of none": ("eval verify {gl} --fpir 0", ["between 0 and 1", "found 0"]),
    "rate over all": ("eval verify {gl} --fmr 150%", ["between 0 and 1", "found 1.5"]),
    "prior certain": ("eval verify {gl} --prior 1", ["prior probability", "found 1.0"]),
    "strangers all": ("eval verify {gl} --strangers 1", ["share of strangers", "found 1.0"]),
    "folds too few": ("eval verify {gl} --folds 2", ["--folds", "x>=3"]),
    "threshold no number": ("eval verify {gl} --threshold near", ["'near' is not a valid float"]),
    "threshold none": ("eval verify {gl} --threshold nan", ["thresholds are finite"]),
    "method unknown": ("eval verify {gl} --method platt", ["'platt'", "logistic", "isotonic"]),
    "scorer misspelt": (
        "eval verify {gl} --pipeline euclid",
        ["or scorer is called 'euclid'", "mean 'euclidean'"],
    ),
    "pipeline empty": ("eval verify {gl} --pipeline=", ["--pipeline", "empty text", "shell variable"]),
    "calibration missing": ("eval verify {gl} --use {bad}/none.json", ["calibration is missing", "none.json"]),
    "calibration of text": ("eval verify {gl} --use {bad}/text", ["calibration cannot be read"]),
    "calibration of few": (
        "eval verify {gl} --calibration {out}.json",
        ["was not written", "takes 50 subjects", "found 8"],
    ),
    "calibration place": ("eval verify {gl} --calibration {bad}/text/c.json", ["cannot write", "Not a directory"]),
    "one subject": ("eval verify {gl} --subjects 009", ["at least two of them, found 1"]),
    "page of other ending": ("eval verify {gl} --report {gl}", ["ends in .html"]),
}
TUNE = {
    "nothing": ("eval tune --out {out}.toml", ["Missing argument 'EMBEDDINGS"]),
    "no place": ("eval tune {gl}", ["Missing option '--out'"]),
    "missing": (
        "eval tune {world}/gaitgll.safetensors --out {out}.toml",
        ["no embeddings at", "mean 'gaitgl.safetensors'"],
    ),
    "test subjects": ("eval tune {gl} --out {out}.toml", ["8 of the 8 subjects", "test subjects", "--subjects"]),
    "other sequences": (
        "eval tune {gl} {bad}/vectors/others --out {out}.toml",
        ["not of the same sequences", "embed the same --part"],
    ),
    "one fold": ("eval tune {gl} --yes-these-are-test-subjects --folds 1 --out {out}.toml", ["2 or more", "found 1"]),
    "folds too many": (
        "eval tune {gl} --yes-these-are-test-subjects --folds 5 --out {out}.toml",
        ["10 subjects at least", "found 8"],
    ),
    "place of other ending": (
        "eval tune {gl} --yes-these-are-test-subjects --out {out}.json",
        ["its name ends in .toml", "out.json"],
    ),
    "place taken": (
        "eval tune {gl} --yes-these-are-test-subjects --out {bad}/steps.toml",
        ["was not made by `eval tune`", "another name"],
    ),
    "page of other ending": (
        "eval tune {gl} --yes-these-are-test-subjects --out {out}.toml --report {gl}",
        ["ends in .html"],
    ),
}
ABLATE = {
    "a pipe": ("eval ablate a={bad}/pipe.safetensors", ["no regular file", "`model embed`"]),
    "store without a page": ("eval ablate a={gl} --store {store}", ["--store is shown on a page", "--report"]),
    "nothing": ("eval ablate", ["Missing argument"]),
    "without name": ("eval ablate {gl}", ["name=file", "gaitgl.safetensors"]),
    "one name twice": ("eval ablate a={gl} a={gm}", ["different names", "a="]),
    "missing": (
        "eval ablate a={gl} b={world}/gaitmas.safetensors",
        ["no embeddings at", "mean 'gaitmask.safetensors'"],
    ),
    "truncated": ("eval ablate a={gl} b={bad}/vectors/truncated", ["damaged", "run `model embed` again"]),
    "other sequences": (
        "eval ablate a={gl} b={bad}/vectors/others",
        ["not of the same sequences", "embed the same --part"],
    ),
    "fewer sequences": (
        "eval ablate a={gl} b={bad}/vectors/fewer",
        ["64 and 32 sequences", "embed the same store"],
    ),
    "k1 out of range": ("eval ablate a={gl} --set k-reciprocal.k1=0", ["k1", "at least 1", "found 0"]),
    "lambda out of range": ("eval ablate a={gl} --set scorer.lambda_=1.5", ["lambda", "between 0 and 1", "1.5"]),
    "expansion setting": ("eval ablate a={gl} --set cluster-expansion.kk=3", ["no setting 'kk'", "did you mean 'k'"]),
    "expansion choice": ("eval ablate a={gl} --set cluster-expansion.clustering=kmeans", ["'neighbours'", "'kmeans'"]),
    "expansion without value": (
        "eval ablate a={gl} --set cluster-expansion.k",
        ["given as step.key=value", "'cluster-expansion.k'"],
    ),
    "page of other ending": ("eval ablate a={gl} --report {out}", ["ends in .html"]),
    "protocol unknown": ("eval ablate a={gl} --protocol casia-f", ["'casia-f'", "did you mean"]),
    "store of others": ("eval ablate a={gl} --report {out}.html --store {bad}/stores/small", ["has no sequence"]),
}
REPORT = {
    "nothing": ("eval report --out {out}", ["Missing argument"]),
    "without place": ("eval report a={gl}", ["Missing option '--out'"]),
    "without name": ("eval report {gl} --out {out}", ["name=file", "gaitgl.safetensors"]),
    "missing": (
        "eval report a={world}/gaitgll.safetensors --out {out}",
        ["no embeddings at", "mean 'gaitgl.safetensors'"],
    ),
    "other sequences": (
        "eval report a={gl} b={bad}/vectors/others --out {out}",
        ["not of the same sequences", "embed the same --part"],
    ),
    "folder not empty": ("eval report a={gl} --out {bad}/full", ["not empty", "choose a new folder"]),
    "folder a file": ("eval report a={gl} --out {bad}/text", ["cannot write"]),
    "lambda out of range": (
        "eval report a={gl} --set scorer.lambda_=1.5 --out {out}",
        ["lambda", "between 0 and 1", "1.5"],
    ),
    "expansion setting": (
        "eval report a={gl} --set cluster-expansion.kk=3 --out {out}",
        ["no setting 'kk'", "did you mean 'k'"],
    ),
    "protocol unknown": ("eval report a={gl} --protocol casia-f --out {out}", ["'casia-f'", "did you mean"]),
    "strangers never drawn": ("eval report a={gl} --splits 0 --out {out}", ["--splits", "x>=1"]),
    "store of others": ("eval report a={gl} --out {out} --store {bad}/stores/small", ["has no sequence"]),
}
COMPRESS = {
    "missing": ("gallery compress {world}/gaitgll.safetensors", ["no embeddings at", "mean 'gaitgl.safetensors'"]),
    "codec misspelt": ("gallery compress {gl} --codec pca-128-int4", ["no codec is called 'pca-128-int4'", "int8"]),
    "codec of no component": ("gallery compress {gl} --codec pca-0", ["no codec is called 'pca-0'"]),
    "nothing to learn on": ("gallery compress {gl} --codec pca", ["pca-128 learns", "--fit"]),
    "the tested people": ("gallery compress {gl} --fit {gl}", ["8 subjects are in --fit", "009", "--part train"]),
    "other networks": ("gallery compress {gl} --fit {gm}", ["--fit was made by", "same networks"]),
    "training truncated": (
        "gallery compress {gl} --fit {bad}/vectors/truncated",
        ["damaged", "run `model embed` again"],
    ),
    "many to write": ("gallery compress {gl} --out {out}", ["name one with --codec"]),
    "place below a file": ("gallery compress {gl} --codec int8 --out {bad}/text", ["cannot write", "another place"]),
    "scorer transductive": ("gallery compress {gl} --pipeline k-reciprocal", ["sees all probes", "euclidean"]),
    "shortlist empty": ("gallery compress {gl} --shortlist 0", ["--shortlist", "x>=1"]),
}
CAPACITY = {
    "nobody": ("gallery capacity --people 0", ["--people", "x>=1"]),
    "people missing": ("gallery capacity", ["Missing option '--people'"]),
    "parts do not go up": ("gallery capacity --people 9 --width 100", ["16 parts do not divide 100 floats", "--parts"]),
    "codec too wide": (
        "gallery capacity --people 9 --width 64 --codec pca-65",
        ["pca-65 keeps more than the 64 floats"],
    ),
    "codec misspelt": ("gallery capacity --people 9 --codec int4", ["no codec is called 'int4'"]),
}
CONVERT = {
    "missing": ("model convert {bad}/none.pt {out}", ["no weights file", "check the path"]),
    "a folder": ("model convert {store} {out}", ["no weights file"]),
    "no text": ("model convert {odd} {out}", ["no weights file"]),
    "text": ("model convert {bad}/text {out}", ["damaged or holds more than tensors"]),
    "empty": ("model convert {bad}/nothing {out}", ["no sound file of torch.save"]),
    "code inside": ("model convert {bad}/weights/code.pt {out}", ["more than tensors", "not unpickled"]),
    "truncated": ("model convert {bad}/weights/truncated.pt {out}", ["no sound file of torch.save"]),
    "no state": ("model convert {bad}/weights/list.pt {out}", ["no state dict", "'model'"]),
    "a leftover tensor": ("model convert {bad}/weights/leftover.pt {out}", ["extra.weight [3] has no place"]),
    "a missing tensor": ("model convert {bad}/weights/missing.pt {out}", ["HPP.p is missing"]),
    "a misshapen tensor": ("model convert {bad}/weights/misshapen.pt {out}", ["wrong shape", "pooling.power"]),
    "not finite": ("model convert {bad}/weights/nan.pt {out}", ["not finite"]),
    "another network": ("model convert {bad}/weights/other.pt {out}", ["known here"]),
    "a model of ours": ("model convert {gl_model} {out}", ["known here", "needs no conversion"]),
    "over a file": ("model convert {bad}/weights/good.pt {gl_model}", ["exists already", "another name"]),
    "below a file": ("model convert {bad}/weights/good.pt {bad}/text/model", ["cannot write"]),
}
DEMO = {
    "too few walkers": ("demo {out} --subjects 4", ["at least 16", "found 4"]),
    "iterations negative": ("demo {out} --iterations -1", ["--iterations", "x>=0"]),
    "folder not empty": ("demo {bad}/full", ["not empty", "new folder"]),
    "folder a file": ("demo {bad}/text --subjects 16", ["cannot write"]),
}
CASES = {
    f"{command}: {name}": case
    for command, table in {
        "gaitprint": COMMANDS,
        "prepare": PREPARE
        | {
            f"leaf {k}": (f"data prepare {{bad}}/leaves/{k.replace(' ', '-')} {{out}} {FOLDER}", w)
            for k, w in LEAVES.items()
        },
        "doctor": DOCTOR,
        "export": EXPORT,
        "train": TRAIN,
        "embed": EMBED,
        "evaluate": EVALUATE,
        "verify": VERIFY,
        "tune": TUNE,
        "compare": COMPARE,
        "ablate": ABLATE,
        "report": REPORT,
        "compress": COMPRESS,
        "capacity": CAPACITY,
        "convert": CONVERT,
        "demo": DEMO,
    }.items()
    for name, case in table.items()
}


@pytest.mark.parametrize("name", CASES)
def test_one_line_says_it_and_nothing_is_harmed(world, bad, run, tmp_path, name):
    typed, words = CASES[name]
    places = {
        "world": world.root,
        "store": world.store,
        "bad": bad,
        "out": tmp_path / "out",
        "odd": "a\udcff\nb",
        "gl": world.vectors("gaitgl"),
        "gm": world.vectors("gaitmask"),
        "run": world.root / "gaitgl",
        "gl_model": world.model("gaitgl"),
        "gm_model": world.model("gaitmask"),
        **{field: f"{{{field}}}" for field in ("subject",)},
    }
    before = state(world.root), state(bad)
    ran = run(*(word.format(**places) for word in typed.split()))
    assert ran.code in (1, 2), ran
    assert ran.out == ""
    assert ran.err.startswith("gaitprint: ")
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err
    assert len(ran.err) < 1500
    for word in words:
        assert word in ran.err
    assert list(tmp_path.iterdir()) == [], "nothing half-written"
    assert (state(world.root), state(bad)) == before, "what was there is as it was"
    assert not (bad / "harmed").exists(), "nothing in a file was run"


def state(folder):
    """Every file and folder with what a change of it would change."""
    found, waiting = {}, [folder]
    while waiting:
        with suppress(PermissionError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                found[entry.path] = (about.st_size, 0 if entry.is_dir() else about.st_mtime_ns)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
    return found


@pytest.fixture(scope="session")
def bad(world, run, tmp_path_factory):
    """Everything that may be wrong with a file."""
    root = tmp_path_factory.mktemp("bad")
    for name in ("empty", "full", "folder.toml", "folder.html"):
        (root / name).mkdir()
    (root / "full" / "letter.txt").write_text("dear")
    (root / "text").write_text("no data")
    (root / "x.rar").write_bytes(b"Rar!")
    for name in ("pipe.toml", "pipe.safetensors"):
        os.mkfifo(root / name)
    (root / "nothing").touch()
    (root / "broken.toml").write_text("a = = 3")
    (root / "steps.toml").write_text('[scorers]\nname = "euclidean"\n')
    (root / "loss.toml").write_text('[[losses]]\nname = "triplet"\n')
    (root / "protocols").mkdir()
    head = 'name = "mine"\ntitle = "mine"\nsource = "me"\nmode = "pooled"\n'
    (root / "protocols" / "key.toml").write_text(head + '[probe.X]\nconditions = ["nm-05"]\n')
    nothing = '[gallery]\nconditions = ["nm-01"]\n[probes.X]\nconditions = ["zz-*"]\n'
    (root / "protocols" / "nothing.toml").write_text(head + nothing)
    make_trees(root)
    make_leaves(root)
    make_lists(root)
    make_stores(root, world)
    assert run("data", "export", world.store, root / "exported").code == 0
    make_models(root, world)
    make_vectors(root, world, run)
    make_weights(root)
    return root


def png(image=BODY[0]):
    return cv2.imencode(".png", image)[1].tobytes()


def leaf(root, *names):
    folder = root.joinpath(*names)
    folder.mkdir(parents=True)
    return folder


def make_trees(root):
    (leaf(root, "trees", "good", "a", "nm", "000") / "x.png").write_bytes(png())
    (leaf(root, "trees", "deep", "a", "nm", "000", "more") / "x.png").write_bytes(png())
    (leaf(root, "trees", "shallow", "a", "nm") / "x.png").write_bytes(png())
    (leaf(root, "odd-name", "a\nb", "nm", "000") / "x.png").write_bytes(png())
    (leaf(root, "link-out", "a", "nm") / "000").symlink_to(root / "trees" / "good" / "a" / "nm" / "000")


def make_lists(root):
    (root / "text.zip").write_text("no archive")
    (root / "list.csv").write_text("path,subject\ntrees,a\n../x,b\n")
    (root / "cut.parquet").write_bytes(b"PAR1....")
    with zipfile.ZipFile(root / "deep.zip", "w") as archive:
        archive.writestr("one/a/nm/000/more/x.png", png())
    with zipfile.ZipFile(root / "dark.zip", "w") as archive:
        archive.writestr("a/nm/000/x.png", png(0 * BODY[0]))


def make_leaves(root):
    def place(name):
        return leaf(root, "leaves", name.replace(" ", "-"), "a", "nm", "000")

    np.save(place("float32") / "x.npy", BODY.astype(np.float32) / 255 * 300)
    np.save(place("uint16") / "x.npy", BODY.astype(np.uint16) * 4)
    np.save(place("four axes") / "x.npy", np.stack([BODY, BODY], axis=1))
    np.save(place("no frame") / "x.npy", BODY[:0])
    labels = BODY // 255
    labels[:, 20:30] *= 2
    np.save(place("labels") / "x.npy", labels)
    np.save(place("photographs") / "x.npy", BODY // 2 + 60 + np.arange(BODY.shape[-1], dtype=np.uint8) // 2)
    np.save(place("black") / "x.npy", 0 * BODY)
    np.save(place("objects") / "objects.npy", np.array([{}, 1], object), allow_pickle=True)
    whole = place("truncated array") / "truncated.npy"
    np.save(whole, BODY)
    whole.write_bytes(whole.read_bytes()[:-100])
    np.savez(place("two arrays") / "x.npz", left=BODY, right=BODY)

    class Hostile:
        def __reduce__(self):
            return os.system, (f"touch '{root / 'harmed'}'",)

    (place("hostile pickle") / "x.pkl").write_bytes(pickle.dumps(Hostile()))
    np.save(place("hostile array") / "hostile.npy", np.array([Hostile()], object), allow_pickle=True)
    (place("picture of text") / "words.png").write_text("no picture")
    (place("empty picture") / "empty.png").touch()
    (place("cut picture") / "cut.png").write_bytes(png()[:-30])
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    end = b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    (place("bomb") / "bomb.png").write_bytes(bomb + end)
    (place("bitmap") / "old.bmp").write_bytes(cv2.imencode(".bmp", BODY[0])[1].tobytes()[:-9])
    place("no picture at all")


def make_stores(root, world):
    (root / "begun").mkdir()
    with StoreWriter(root / "begun", StorePlan("synthetic", (64, 64), made_from="elsewhere")) as writer:
        writer.add(SequenceRecord("001/nm-01/000", "001", "nm-01", "000"), BODY)
        journal = (root / "begun" / "journal.jsonl").read_bytes()
    for name in ("store.json", "index-1.arrow"):
        (root / "begun" / name).unlink()
    (root / "begun" / "journal.jsonl").write_bytes(journal)
    for name in ("truncated", "cut", "foreign", "damaged", "lost", "short"):
        shutil.copytree(world.store, root / "stores" / name)
    for name, file in (("truncated", "store.json"), ("cut", "index-1.arrow")):
        whole = root / "stores" / name / file
        whole.write_bytes(whole.read_bytes()[:300])
    values = json.loads((world.store / "store.json").read_text())
    (root / "stores" / "foreign" / "store.json").write_text(json.dumps({**values, "version": 7}))
    del values["size"]
    (root / "stores" / "damaged" / "store.json").write_text(json.dumps(values))
    (root / "stores" / "lost" / "index-1.arrow").unlink()
    leaf(root, "stores", "old")
    (root / "stores" / "old" / "index.json").write_text("{}")
    frames = root / "stores" / "short" / "frames.bin"
    frames.write_bytes(frames.read_bytes()[:-1])
    with StoreWriter(root / "stores" / "small", StorePlan("synthetic", (32, 32))) as writer:
        writer.add(SequenceRecord("001/nm-01/000", "001", "nm-01", "000"), BODY[:, ::2, ::2].copy())


def make_models(root, world):
    (root / "models").mkdir()
    whole = world.model("gaitgl").read_bytes()
    checkpoint = max((world.root / "gaitgl" / "checkpoints").iterdir())
    (root / "models" / "checkpoint").write_bytes(checkpoint.read_bytes())
    (root / "models" / "truncated").write_bytes(whole[:-50])
    (root / "models" / "flipped").write_bytes(whole[:-50] + bytes([whole[-50] ^ 1]) + whole[-49:])
    assert whole.count(rb"\"cut\": 10") >= 1
    (root / "models" / "card").write_bytes(whole.replace(rb"\"cut\": 10", rb"\"cut\": 11", 1))
    with safe_open(world.model("gaitgl"), "numpy") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        card = json.loads(file.metadata()["gaitprint"])
    del card["card_sha256"]
    for name, change in {"later": {"version": 9}, "bare": {"preprocessing": {"sice": 64}}}.items():
        save_file(tensors, root / "models" / name, {"gaitprint": json.dumps({**card, **change})})
    save_file(tensors, root / "models" / "foreign")


def make_vectors(root, world, run):
    (root / "vectors").mkdir()
    whole = world.vectors("gaitgl").read_bytes()
    (root / "vectors" / "truncated").write_bytes(whole[:-9])
    (root / "vectors" / "flipped").write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    (root / "vectors" / "renamed").write_bytes(whole.replace(b"009/nm-01/000", b"010/nm-01/000", 1))
    model = ["--model", world.model("gaitmask"), "--out"]
    assert run("model", "embed", world.store, *model, root / "vectors" / "others", "--part", "train").code == 0
    assert run("model", "embed", world.store, *model, root / "vectors" / "fewer", "--subjects", "009-012").code == 0


def make_weights(root):
    (root / "weights").mkdir()
    made = find_component("network", "gaitgl").make(
        {"form": "casia-b", "channels": [2, 3, 4]}, classes=5, generator=torch.Generator()
    )
    plan = toolkit_plan(frozenset({"GLConvA0.global_conv3d.conv3d.weight"}))
    state = made.state_dict()
    good = {theirs: state[ours].clone() for theirs, ours in (plan.trunk | plan.classifier).items()}

    class Code:
        def __reduce__(self):
            return os.system, (f"touch '{root / 'harmed'}'",)

    variants = {
        "good": good,
        "code": {"model": good, "more": Code()},
        "list": [1, 2, 3],
        "leftover": {**good, "extra.weight": torch.zeros(3)},
        "missing": {k: v for k, v in good.items() if k != "HPP.p"},
        "misshapen": {**good, "HPP.p": torch.ones(2)},
        "nan": {**good, "HPP.p": torch.full((1,), torch.nan)},
        "other": {"layer.weight": torch.zeros(3)},
    }
    for name, value in variants.items():
        torch.save(value, root / "weights" / f"{name}.pt")
    whole = (root / "weights" / "good.pt").read_bytes()
    (root / "weights" / "truncated.pt").write_bytes(whole[: len(whole) // 2])


def test_a_damaged_sequence_is_left_out_and_named(bad, run, tmp_path):
    source = tmp_path / "source"
    shutil.copytree(bad / "trees" / "good", source)
    shutil.copytree(bad / "leaves" / "cut-picture" / "a", source / "b")
    said = run("data", "prepare", source, tmp_path / "store", "--dataset", "folder", "--json").json()
    assert said["sequences"] == 1
    assert [key for key, _ in said["quarantined"]] == ["b/nm/000"]
    written = json.loads((tmp_path / "store" / "quarantine.json").read_text())
    assert [[aside["key"], aside["reason"]] for aside in written] == said["quarantined"]
    found = run("data", "doctor", source, "--dataset", "folder", "--json").json()
    assert not found["sound"]
    assert [key for key, _ in found["unusable"]] == ["b/nm/000"]


def test_doctor_finds_a_changed_frame(world, run, tmp_path):
    shutil.copytree(world.store, tmp_path / "store")
    row = Store.open(world.store).row(5)
    with (tmp_path / "store" / "frames.bin").open("r+b") as stream:
        stream.seek(row.offset + row.bytes - 20)
        stream.write(bytes(20))
    found = run("data", "doctor", tmp_path / "store", "--json").json()
    assert not found["sound"]
    assert found["findings"][0]["keys"] == [Store.open(world.store).records[5].key]


def test_a_disk_that_fills_up_costs_nothing(world, run, walkers, tmp_path):
    """The limit on a file's size stands for the disk's."""
    program = Path(sysconfig.get_path("scripts")) / "gaitprint"
    store = tmp_path / "store"

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (10**5, 10**5))

    words = [program, "data", "prepare", "synthetic", store, *walkers]
    full = subprocess.run(words, preexec_fn=little_room, capture_output=True, text=True)
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert "cannot write" in full.stderr
    assert "run again, it goes on" in full.stderr
    assert run(*words[1:]).code == 0
    for name in ("frames.bin", "index-1.arrow", "store.json"):
        assert (store / name).read_bytes() == (world.store / name).read_bytes()


def test_a_training_whose_disk_fills_up_goes_on(world, run, tiny, tmp_path):
    words = ["model", "train", world.store, tmp_path / "run", "--set", "training.iterations=12", *tiny]
    words += ["--set", "training.checkpoint_every=12"]
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        full = run(*words)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert full.code == 1
    assert "cannot write" in full.err.splitlines()[-1]
    assert "then run again: it goes on" in full.err.splitlines()[-1]
    assert run(*words).code == 0
    assert len((tmp_path / "run" / "history.jsonl").read_text().splitlines()) == 12


@pytest.mark.parametrize("what", ["train", "embed", "evaluate", "convert"])
def test_a_full_disk_is_one_line(world, bad, run, tiny, tmp_path, monkeypatch, what):
    def full(_handle):
        raise OSError(28, "No space left on device")

    out = tmp_path / "out"
    words = {
        "train": ["model", "train", world.store, out, "--set", "training.iterations=2", *tiny],
        "embed": ["model", "embed", world.store, "--model", world.model("gaitgl"), "--out", out],
        "evaluate": ["eval", "identify", world.vectors("gaitgl"), "--report", tmp_path / "out.html"],
        "convert": ["model", "convert", bad / "weights" / "good.pt", out],
    }[what]
    monkeypatch.setattr(os, "fsync", full)
    ran = run(*words)
    assert ran.code == 1
    line = ran.err.splitlines()[-1]
    assert "cannot write" in line
    assert "No space left on device" in line
    assert "make room" in line
    # embedding keeps what it has computed, in whole entries: a repeat goes on
    kept = ["out.partial"] if what == "embed" else []
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == kept
    monkeypatch.undo()
    if what == "embed":
        assert run(*words).code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_what_may_not_be_read_or_written_is_said(world, run, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    for words in (
        ["data", "prepare", "synthetic", locked / "store"],
        ["eval", "identify", world.vectors("gaitgl"), "--report", locked / "page.html"],
    ):
        ran = run(*words)
        assert ran.code == 1
        assert "Permission denied" in ran.err
